/** The valid parts of an experiment file with mistakes. */
import { problemsOf } from '../network/problems.js';
import { ExperimentFile, type WrittenExperiment } from '../schema.js';
import type { Path } from './source.js';

/** Returns the valid parts of a file whose shape is wrong, so that their mistakes are reported at the same time. */
export function withoutFaults(value: object, faults: Path[]): WrittenExperiment | null {
  const rest = structuredClone(value);
  for (let round = 0; round < 4; round++) {
    for (const path of faults) removeAt(rest, path);
    const result = ExperimentFile.safeParse(rest);
    if (result.success) return result.data;
    // The removed parts may be required by the part around them.
    faults = problemsOf(result.error.issues, rest, ExperimentFile).map(({ path }) => path);
  }
  return null;
}

/** Removes the entry at a path; if it is missing or in a list, its parent is removed. */
function removeAt(root: object, path: Path): void {
  if (path.length === 0) return;
  let here: unknown = root;
  for (const part of path.slice(0, -1)) here = (here as Record<string, unknown> | undefined)?.[part];
  const key = String(path.at(-1));
  const isGroup = typeof here === 'object' && here !== null && !Array.isArray(here);
  if (isGroup && Object.hasOwn(here as object, key)) delete (here as Record<string, unknown>)[key];
  else removeAt(root, path.slice(0, -1));
}
