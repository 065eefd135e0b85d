/** Finds the file that an experiment file without runs was before: one that is gone, with the same content or name. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { defaultName, isExperimentFile, parseExperiment, type Experiment } from '../../experiment/index.js';

/** Larger files are not experiment files. */
const LARGEST = 4 * 1024 * 1024;
/** Folders and files that are looked at for others that a lost file may have become. */
const MOST_ENTRIES = 20_000;
const DEEPEST = 8;
const SKIPPED = new Set(['node_modules', '__pycache__', 'venv']);

/** A file that runs name and that does not exist. */
export interface LostFile {
  file: string;
  experiment: string;
  runs: number;
  /** The experiment as the newest of its runs was started; null if it was not kept. */
  last: Experiment | null;
}

/** `follow`: there is only one answer. Else the person is to be asked which of the candidates it was. */
export interface Origin {
  follow: LostFile | null;
  candidates: LostFile[];
}
const NOTHING: Origin = { follow: null, candidates: [] };

/** `isUnknown`: no run names this file. */
export async function originOf(
  file: string,
  lost: readonly LostFile[],
  workspace: string,
  isUnknown: (file: string) => boolean,
): Promise<Origin> {
  if (lost.length === 0) return NOTHING;
  const experiment = await read(file);
  if (!experiment) return NOTHING;
  const exact = lost.filter(({ last }) => last !== null && contentOf(last) === contentOf(experiment));
  const byName = lost.filter((each) => isSameName(each, file, experiment));
  const found = exact.length > 0 ? exact : byName;
  const [only] = found;
  if (!only) return NOTHING;
  if (found.length > 1) return { follow: null, candidates: found };
  // Another file may have as good a claim.
  for (const other of await experimentFiles(workspace)) {
    if (other === file || !isUnknown(other)) continue;
    const its = await read(other);
    if (!its) continue;
    const claims = exact.length > 0 ? contentOf(its) === contentOf(experiment) : isSameName(only, other, its);
    if (claims) return { follow: null, candidates: [only] };
  }
  return { follow: only, candidates: [] };
}

/** True if the file gives its experiment no name of its own. */
export const isNamedByFile = (file: string, experiment: string): boolean => experiment === defaultName(file);

function isSameName(lost: LostFile, file: string, { name }: Experiment): boolean {
  if (path.basename(lost.file) === path.basename(file)) return true;
  return lost.experiment === name && !isNamedByFile(file, name);
}

/** The experiment without what depends on the file's place. */
function contentOf(experiment: Experiment): string {
  const { file, name, ...rest } = JSON.parse(JSON.stringify(experiment)) as Experiment;
  return JSON.stringify([isNamedByFile(file, name) ? null : name, rest]);
}

async function read(file: string): Promise<Experiment | null> {
  try {
    const { size } = await fs.stat(file);
    return size > LARGEST ? null : parseExperiment(await fs.readFile(file, 'utf8'), file).experiment;
  } catch {
    return null;
  }
}

/** Experiment files of the workspace, as far as they are found with bounded effort. Links are not followed. */
async function experimentFiles(workspace: string): Promise<string[]> {
  const files: string[] = [];
  let seen = 0;
  const folders = [{ folder: workspace, depth: 0 }];
  for (const { folder, depth } of folders) {
    const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (++seen > MOST_ENTRIES) return files;
      const at = path.join(folder, entry.name);
      const isSkipped = entry.name.startsWith('.') || SKIPPED.has(entry.name);
      if (entry.isDirectory() && !isSkipped && depth < DEEPEST) folders.push({ folder: at, depth: depth + 1 });
      else if (entry.isFile() && isExperimentFile(entry.name)) files.push(at);
    }
  }
  return files;
}
