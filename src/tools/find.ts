/** Finds runs and searches by id, and experiment files by path, as an agent names them. */
import * as path from 'node:path';
import { isExperimentFile } from '../experiment/index.js';
import { DATA_FOLDER } from '../files/real.js';
import { ErrorCode, type RunDetail, type SearchDetail } from '../protocol/engine/index.js';
import { ID_PATTERN } from '../protocol/run/runFiles.js';
import { ToolError, type Bench, type BenchFolder } from './bench.js';
import { shortName } from './texts.js';

/** The folders that there is anything to see of. */
export async function usedFolders({ folders }: Bench): Promise<BenchFolder[]> {
  const used = await Promise.all(folders.map((folder) => folder.isUsed()));
  return folders.filter((_, at) => used[at]);
}

export async function findRun(bench: Bench, id: string): Promise<{ folder: BenchFolder; run: RunDetail }> {
  const found = await lookFor(bench, id, (folder) => folder.request('runs/get', { id }));
  if (found) return { folder: found.folder, run: found.item };
  throw new ToolError(`There is no run ${shortName(id)}. Ids of runs come from list_runs.`);
}

export async function findSearch(bench: Bench, id: string): Promise<{ folder: BenchFolder; search: SearchDetail }> {
  const found = await lookFor(bench, id, (folder) => folder.request('searches/get', { id }));
  if (found) return { folder: found.folder, search: found.item };
  throw new ToolError(`There is no search ${shortName(id)}. Ids of searches come from list_searches.`);
}

/** Finds out which of both an id is. */
export async function findEither(
  bench: Bench,
  id: string,
): Promise<{ folder: BenchFolder; run: RunDetail } | { folder: BenchFolder; search: SearchDetail }> {
  try {
    return await findSearch(bench, id);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
  }
  try {
    return await findRun(bench, id);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new ToolError(`There is no run and no search ${shortName(id)}. See list_runs and list_searches.`);
  }
}

async function lookFor<T>(bench: Bench, id: string, ask: (folder: BenchFolder) => Promise<T>) {
  if (!ID_PATTERN.test(id)) return null;
  for (const folder of await usedFolders(bench)) {
    try {
      return { folder, item: await ask(folder) };
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return null;
}

const isNotFound = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === ErrorCode.notFound;

/** An experiment file inside of an open folder, by its absolute path or one relative to the first folder. */
export function findFile({ folders }: Bench, name: string): { folder: BenchFolder; file: string } {
  const file = path.resolve(folders[0]?.path ?? '/', name);
  const folder = folders.filter((each) => isInside(each.path, file)).sort((a, b) => b.path.length - a.path.length)[0];
  const shown = shortName(name);
  if (!folder) throw new ToolError(`${shown} is not inside of ${folders.map((each) => each.path).join(' or ')}.`);
  if (!isExperimentFile(file))
    throw new ToolError(`${shown} is no experiment file. Their names end with .tune.yaml, .tune.yml or .tune.json.`);
  if (path.relative(folder.path, file).split(path.sep).includes(DATA_FOLDER))
    throw new ToolError(`${shown} lies in ${DATA_FOLDER}, which contains data of runs and no experiment files.`);
  return { folder, file };
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}
