/** Keeps runs with their experiment file when that is renamed or moved: by what the editor says, or by name and content. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defaultName, isExperimentFile } from '../../experiment/index.js';
import type { StoreApi } from '../../store/api.js';
import type { LogLines } from '../disk/log.js';
import { isForbidden } from '../disk/readOnly.js';
import type { RunFolders } from '../runs/making/folders.js';
import type { Changes } from '../server/changes.js';
import { isNamedByFile, originOf, type LostFile, type Origin } from './lostFiles.js';
import type { FileRename, RenamedFiles } from './renamedFiles.js';

export interface FollowerParts {
  workspace: string;
  store: StoreApi;
  folders: RunFolders;
  renamed: RenamedFiles;
  changes: Changes;
  log: LogLines;
  /** Called after the runs of a file have moved. */
  onRenamed(from: string, to: string): void;
}

/** Files that are looked for among the lost ones at most. */
const MOST_LOST = 200;

export class FileFollower {
  /** Version of the files that were looked at and that nothing is known of. */
  private readonly seen = new Map<string, string>();
  private applied: number;

  constructor(private readonly parts: FollowerParts) {
    // The index has them: it was built with them, or changed when they came.
    this.applied = parts.renamed.all.length;
  }

  /** Takes over renames that another host has recorded, and follows the file if it was another one before. */
  async ensure(file: string): Promise<void> {
    this.takeOver();
    const { follow } = await this.origin(file);
    if (follow) this.rename(follow.file, file);
  }

  /** Returns which lost file this file was. It has none if runs name it, or if nothing is lost. */
  async origin(file: string): Promise<Origin> {
    const { store, workspace } = this.parts;
    const none: Origin = { follow: null, candidates: [] };
    if (!isExperimentFile(file) || !isInside(workspace, file) || store.runs.hasFile(file)) return none;
    const version = versionOf(file);
    if (version === null) return none;
    const lost = this.lost();
    const state = `${version} ${lost.map((each) => `${each.file}:${each.runs}`).join('|')}`;
    if (this.seen.get(file) === state) return none;
    const found = await originOf(file, lost, workspace, (other) => !store.runs.hasFile(other));
    // A question stays open until the person has answered it.
    if (!found.follow && found.candidates.length === 0) this.seen.set(file, state);
    return found;
  }

  /** Gives the runs of a file, or of all files in a folder, to its new path. Returns how many runs moved. */
  rename(from: string, to: string): number {
    const { store, workspace } = this.parts;
    if (!isInside(workspace, from) || !isInside(workspace, to)) return 0;
    let moved = 0;
    for (const { file, experiment } of store.runs.files()) {
      const rest = path.relative(from, file);
      const isIt = rest === '' || (!rest.startsWith('..') && !path.isAbsolute(rest));
      if (!isIt || fs.existsSync(file)) continue;
      const target = path.join(to, rest);
      const followsName = isNamedByFile(file, experiment) && defaultName(target) !== experiment;
      const rename: FileRename = {
        ...{ from: file, to: target, time: Date.now() },
        ...(followsName && { experiment: { from: experiment, to: defaultName(target) } }),
      };
      this.record(rename);
      moved += this.apply(rename);
    }
    return moved;
  }

  /** Applies the renames that were recorded since the last time, such as by another host. */
  private takeOver(): void {
    const { all } = this.parts.renamed;
    for (const rename of all.slice(this.applied)) this.apply(rename);
    this.applied = all.length;
  }

  private record(rename: FileRename): void {
    const { renamed, log } = this.parts;
    try {
      this.takeOver();
      renamed.add(rename);
      this.applied = renamed.all.length;
    } catch (error) {
      // In a folder that can't be written the index alone knows.
      if (!isForbidden(error)) throw error;
      log.warn(`the rename of ${rename.from} is not recorded: ${(error as Error).message}`);
    }
  }

  private apply(rename: FileRename): number {
    const { store, changes, log } = this.parts;
    const { runs, searches } = store.renameFile(rename);
    for (const id of runs) changes.runChanged(id);
    for (const id of searches) changes.searchChanged(id);
    this.parts.onRenamed(rename.from, rename.to);
    if (runs.length > 0) log.info(`${rename.from} is ${rename.to} now; it keeps its ${runs.length} runs`);
    return runs.length;
  }

  private lost(): LostFile[] {
    const { store, folders } = this.parts;
    const lost = store.runs.files().filter(({ file }) => !fs.existsSync(file));
    return lost.slice(0, MOST_LOST).map(({ file, experiment, runs, newest }) => {
      return { file, experiment, runs, last: folders.experiment(newest) };
    });
  }
}

function isInside(workspace: string, file: string): boolean {
  const relative = path.relative(workspace, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

function versionOf(file: string): string | null {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? `${stat.size}:${stat.mtimeMs}` : null;
}
