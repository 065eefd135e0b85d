/**
 * The folders of searches, `.tunesmith/searches/<id>/`, from which a lost index is built again:
 *
 *   search.json   what is shown of it
 *   plan.json     what it needs to go on
 *   study.json    its study, as it was last written down
 *
 * They are data. Only `asked` says whether a search resumes by itself.
 */
import * as path from 'node:path';
import { z } from 'zod';
import { Search } from '../../protocol/engine/index.js';
import { ID_PATTERN } from '../../protocol/run/runFiles.js';
import { Time } from '../../protocol/values/time.js';
import { listReal, makeFolderReal, readReal, removeReal, STATE_LIMIT, statReal, writeReal } from '../../files/real.js';
import { fromRecord, toRecord } from '../../files/runPaths.js';
import type { Answer, Asked } from '../disk/asked.js';
import { RenamedFiles } from '../renames/renamedFiles.js';
import { isSearchPlan } from './plan.js';

const FILES = { search: 'search.json', plan: 'plan.json', study: 'study.json' } as const;

const SearchRecord = Search.omit({ counts: true, best: true }).extend({
  version: z.literal(1),
  id: z.string().regex(ID_PATTERN),
  createdAt: Time,
  endedAt: Time.nullable(),
});
export type SearchRecord = z.infer<typeof SearchRecord>;

export class SearchFolders {
  private readonly workspace: string;

  constructor(
    /** `<workspace>/.tunesmith/searches` */
    private readonly searches: string,
    private readonly asked: Pick<Asked, 'add' | 'check' | 'forget'>,
    private readonly renamed = new RenamedFiles(path.resolve(searches, '../..')),
  ) {
    this.workspace = path.resolve(searches, '../..');
  }

  /** Ids of the folders that are there. Throws when they can't be read. */
  ids(): string[] {
    try {
      return listReal(this.searches)
        .filter((entry) => entry.isDirectory() && ID_PATTERN.test(entry.name))
        .map(({ name }) => name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Throws when it can't be written. */
  save({ id, counts: _counts, best: _best, ...facts }: Search): void {
    const file = facts.file === null ? null : toRecord(this.workspace, facts.file);
    this.write(id, FILES.search, JSON.stringify({ version: 1, id, ...facts, file } satisfies SearchRecord));
  }

  /** With this plan the person has asked for the search. Throws when it can't be written. */
  savePlan(id: string, plan: unknown): void {
    const text = JSON.stringify(this.withFile(plan, (file) => toRecord(this.workspace, file)));
    this.asked.add('search', id, text);
    this.write(id, FILES.plan, text);
  }

  saveStudy(id: string, text: string): void {
    this.write(id, FILES.study, text);
  }

  /** Returns when `search.json` was written, by the file system's clock; null if it does not exist. */
  writtenAt(id: string): number | null {
    return statReal(path.join(this.path(id), FILES.search))?.mtimeMs ?? null;
  }

  /** Null if it is invalid. */
  read(id: string): { record: SearchRecord; plan: unknown; study: string | null; asked: Answer } | null {
    try {
      const record = SearchRecord.parse(JSON.parse(this.text(id, FILES.search, STATE_LIMIT) ?? ''));
      if (record.id !== id) return null;
      const file = record.file === null ? null : fromRecord(this.workspace, record.file);
      const planText = this.text(id, FILES.plan);
      const plan = planText === null ? undefined : (JSON.parse(planText) as unknown);
      return {
        record: { ...record, ...this.renamed.now({ ...record, file }) },
        plan: this.withFile(plan, (written) => fromRecord(this.workspace, written)),
        study: this.text(id, FILES.study),
        asked: this.asked.check('search', id, planText),
      };
    } catch {
      return null;
    }
  }

  /** Returns whether this person has asked for the search on this machine, with the plan that its folder has. */
  isAsked(id: string): Answer {
    return this.asked.check('search', id, this.text(id, FILES.plan));
  }

  /** The folder disappears at once; the removal of its contents need not be waited for. */
  async remove(id: string): Promise<void> {
    const folder = this.path(id);
    if (statReal(folder)) await removeReal(folder);
    this.asked.forget('search', [id]);
  }

  path(id: string): string {
    if (!ID_PATTERN.test(id)) throw new Error(`${JSON.stringify(id)} is not the id of a search`);
    return path.join(this.searches, id);
  }

  private write(id: string, name: string, text: string): void {
    const folder = this.path(id);
    makeFolderReal(folder);
    writeReal(path.join(folder, name), text, { sync: false });
  }

  private text(id: string, name: string, limit?: number): string | null {
    try {
      return readReal(path.join(this.path(id), name), limit);
    } catch {
      return null;
    }
  }

  private withFile(plan: unknown, change: (file: string) => string): unknown {
    if (!isSearchPlan(plan) || typeof plan.experiment?.file !== 'string') return plan;
    return { ...plan, experiment: { ...plan.experiment, file: change(plan.experiment.file) } };
  }
}
