/** The searches of the store. Every change is also written to their folders. */
import type { Run, Search, SearchStatus } from '../../protocol/engine/index.js';
import { readActs } from '../agents/actsFile.js';
import type { ActsApi, NewSearch, SearchesApi, SearchPatch, StoreApi } from '../../store/api.js';
import type { LogLines } from '../disk/log.js';
import { isForbidden } from '../disk/readOnly.js';
import type { SearchFolders } from './folders.js';

/** Why an open search of a folder does not resume by itself. */
export const NOT_ASKED =
  'It was not started here: its folder came from elsewhere, or was changed since. Nothing is run on the word of a folder.';

export class KeptSearches implements SearchesApi {
  /** By search, when its `search.json` was written as we read it last. */
  private readonly written = new Map<string, number>();
  /** The same for folders that can't be read, reported once. */
  private readonly odd = new Map<string, number>();

  constructor(
    private readonly index: SearchesApi,
    private readonly acts: Pick<ActsApi, 'takeIn'>,
    private readonly folders: SearchFolders,
    private readonly log: LogLines,
  ) {}

  insert(search: NewSearch): void {
    this.index.insert(search);
    if (search.plan !== undefined) this.folders.savePlan(search.id, search.plan);
    this.keep(search.id);
  }

  update(id: string, patch: SearchPatch): boolean {
    if (!this.index.update(id, patch)) return false;
    if (patch.plan !== undefined) this.folders.savePlan(id, patch.plan);
    this.keep(id);
    return true;
  }

  saveStudy(id: string, study: string): void {
    this.index.saveStudy(id, study);
    this.unlessForbidden(id, () => this.folders.saveStudy(id, study));
  }

  delete(id: string): boolean {
    this.folders.remove(id).catch((error: unknown) => this.log.error(`search ${id}: its folder stays`, error));
    return this.index.delete(id);
  }

  /**
   * Updates the index to match the folders and returns the ids of the searches that are new or changed. It starts
   * nothing: a search continues by itself only if this person has requested it on this machine. `others`: another host
   * works in the folder, so that its open searches may be active there.
   */
  takeIn(store: Pick<StoreApi, 'batch'>, others: boolean, isOurs = (_id: string): boolean => false): string[] {
    const changed: string[] = [];
    let ids: string[];
    try {
      ids = this.folders.ids();
    } catch (error) {
      this.log.error(`the searches' folders can't be read`, error);
      return changed;
    }
    const known = new Map(this.index.list().map((search) => [search.id, search]));
    for (const id of ids) {
      const row = known.get(id);
      known.delete(id);
      if (isOurs(id)) continue;
      if (!row) {
        if (store.batch(() => this.import(id, others))) changed.push(id);
      } else if (this.renew(store, row, others)) changed.push(id);
    }
    for (const id of known.keys()) this.index.delete(id);
    if (known.size > 0) this.log.info(`${known.size} searches no longer have a folder and are no longer listed`);
    return changed;
  }

  private import(id: string, others: boolean): boolean {
    const written = this.folders.writtenAt(id);
    if (written !== null && this.odd.get(id) === written) return false;
    const found = this.folders.read(id);
    if (!found) {
      this.log.warn(`searches/${id} can't be read; left alone`);
      if (written !== null) this.odd.set(id, written);
      return false;
    }
    const { record, plan, study, asked } = found;
    this.index.insert({ ...record, plan });
    this.index.update(id, { error: record.error, endedAt: record.endedAt });
    if (study !== null) this.index.saveStudy(id, study);
    this.acts.takeIn(id, readActs(this.folders.path(id)));
    if (isLeft(record.status) && asked !== 'yes' && !others) this.refuse(id);
    if (written !== null) this.written.set(id, written);
    this.log.info(`took in the search ${id}, which the index did not know`);
    return true;
  }

  /** Takes over what another host has written of a search that the index knows. */
  private renew(store: Pick<StoreApi, 'batch'>, row: Search, others: boolean): boolean {
    const { id } = row;
    const written = this.folders.writtenAt(id);
    const isNew = others && written !== null && this.written.has(id) && this.written.get(id) !== written;
    // The index has the newest state of a search that this person has asked for here.
    const isOthers = isOpen(row.status) && this.folders.isAsked(id) !== 'yes';
    const found = isNew || isOthers ? this.folders.read(id) : null;
    if (written !== null) this.written.set(id, written);
    const before = JSON.stringify(row);
    store.batch(() => {
      if (found) {
        const { record, plan, study } = found;
        const { id: _id, version: _version, ...facts } = record;
        this.index.update(id, { ...facts, ...(plan !== undefined && { plan }) });
        if (study !== null) this.index.saveStudy(id, study);
      }
      const { status } = found?.record ?? row;
      if (isLeft(status) && !others && this.folders.isAsked(id) !== 'yes') this.refuse(id);
    });
    return JSON.stringify(this.index.get(id)) !== before;
  }

  private refuse(id: string): void {
    this.index.update(id, { status: 'stopped', error: NOT_ASKED, endedAt: Date.now() });
  }

  private keep(id: string): void {
    const search = this.index.get(id);
    if (search) this.unlessForbidden(id, () => this.folders.save(search));
  }

  /** A folder that has become read-only stays as it is, and the index knows better. */
  private unlessForbidden(id: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isForbidden(error)) throw error;
      this.log.warn(`search ${id}: its folder can't be written: ${(error as Error).message}`);
    }
  }

  get(id: string): Search | null {
    return this.index.get(id);
  }
  list(query?: Parameters<SearchesApi['list']>[0]): Search[] {
    return this.index.list(query);
  }
  plan(id: string): unknown {
    return this.index.plan(id);
  }
  loadStudy(id: string): unknown {
    return this.index.loadStudy(id);
  }
  studyText(id: string): string | null {
    return this.index.studyText(id);
  }
  runIds(id: string): Map<number, string> {
    return this.index.runIds(id);
  }
  trials(id: string): Run[] {
    return this.index.trials(id);
  }
}

/** Returns whether a search can't be at work any more if its host is gone. A paused one waits for a person, whatever became of its host. */
const isLeft = (status: SearchStatus): boolean => status === 'running' || status === 'stopping';

export const isOpen = (status: SearchStatus): boolean => ['running', 'paused', 'stopping'].includes(status);
