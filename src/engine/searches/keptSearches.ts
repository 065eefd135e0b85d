/** The searches of the store, with everything that changes them written to their folders as well. */
import type { Run, Search, SearchStatus } from '../../protocol/engine.js';
import { readActs } from '../agents/actsFile.js';
import type { ActsApi, NewSearch, SearchesApi, SearchPatch, StoreApi } from '../../store/api.js';
import type { Log } from '../disk/log.js';
import { isForbidden } from '../disk/readOnly.js';
import type { SearchFolders } from './folders.js';

/** Why a search that was under way in a folder does not go on by itself. */
const NOT_ASKED =
  'It was not started here: its folder came from elsewhere, or was changed since. Nothing is run on the word of a folder.';

export class KeptSearches implements SearchesApi {
  constructor(
    private readonly index: SearchesApi,
    private readonly acts: Pick<ActsApi, 'takeIn'>,
    private readonly folders: SearchFolders,
    private readonly log: Log,
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
   * Brings the index up to the folders. It starts nothing: a search goes on by itself only if this person has asked for it
   * on this machine.
   */
  takeIn(store: Pick<StoreApi, 'batch'>): void {
    let ids: string[];
    try {
      ids = this.folders.ids();
    } catch (error) {
      return this.log.error(`the searches' folders can't be read`, error);
    }
    const known = new Map(this.index.list().map((search) => [search.id, search]));
    for (const id of ids) {
      const row = known.get(id);
      known.delete(id);
      if (!row) store.batch(() => this.import(id));
      else if (isOpen(row.status) && this.folders.isAsked(id) !== 'yes') this.refuse(id);
    }
    for (const id of known.keys()) this.index.delete(id);
    if (known.size > 0) this.log.info(`${known.size} searches have no folder any more and are no longer listed`);
  }

  private import(id: string): void {
    const found = this.folders.read(id);
    if (!found) return this.log.warn(`searches/${id} can't be read; left alone`);
    const { record, plan, study, asked } = found;
    this.index.insert({ ...record, plan });
    this.index.update(id, { error: record.error, endedAt: record.endedAt });
    if (study !== null) this.index.saveStudy(id, study);
    this.acts.takeIn(id, readActs(this.folders.path(id)));
    if (isOpen(record.status) && asked !== 'yes') this.refuse(id);
    this.log.info(`took in the search ${id}, which the index did not know`);
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

const isOpen = (status: SearchStatus): boolean => ['running', 'paused', 'stopping'].includes(status);
