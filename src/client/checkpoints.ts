/**
 * Checkpoints: folders in the run's `checkpoints/`, each whole once it has its name. A run that is launched again,
 * or that goes on from another's state, is given the folder to read in `TUNESMITH_CHECKPOINT`.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_ENV } from '../protocol/runFiles.js';

/** While it is written. Left behind by a killed program, and removed by the next one that saves. */
const WRITING = '.writing-';

/** Absolute folder of the checkpoint to go on from; null when the program is to begin. */
export function givenCheckpoint(env: NodeJS.ProcessEnv): string | null {
  const folder = env[RUN_ENV.checkpoint];
  return folder && existsSync(folder) ? folder : null;
}

/**
 * Calls `write` with an empty folder, then gives it its name in one step: a program killed meanwhile leaves the earlier
 * checkpoint as it was. Of the whole ones the newest `keep` stay. Resolves to the checkpoint's folder.
 */
export async function saveCheckpoint(
  checkpoints: string,
  step: number,
  write: (folder: string) => unknown,
  keep: number,
): Promise<string> {
  if (!Number.isFinite(step) || step < 0)
    throw new RangeError(`run.saveCheckpoint: the step must be 0 or more, not ${step}.`);
  mkdirSync(checkpoints, { recursive: true });
  for (const name of readdirSync(checkpoints)) {
    if (name.startsWith(WRITING)) rmSync(join(checkpoints, name), { recursive: true, force: true });
  }
  const temporary = join(checkpoints, WRITING + randomBytes(4).toString('hex'));
  mkdirSync(temporary);
  try {
    await write(temporary);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  const folder = join(checkpoints, `step-${String(step).padStart(9, '0')}`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);
  for (const old of wholeCheckpoints(checkpoints).slice(Math.max(1, keep)))
    rmSync(old, { recursive: true, force: true });
  return folder;
}

/** Absolute folders, the newest first. */
export function wholeCheckpoints(checkpoints: string): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(checkpoints, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const folder = join(checkpoints, name);
      // Removed meanwhile by the program that saves newer ones.
      const time = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
      return time === undefined ? [] : [{ folder, time }];
    })
    .sort((a, b) => b.time - a.time || (a.folder < b.folder ? 1 : -1))
    .map(({ folder }) => folder);
}

/** In a checkpoint, as the Python client writes it: how many steps `log` had counted by itself. */
const COUNT = '.tunesmith.json';

/** Notes in a checkpoint how many steps were counted by then, so that a run which goes on from it counts on. */
export function noteSteps(folder: string, steps: number): void {
  try {
    writeFileSync(join(folder, `${COUNT}.tmp`), JSON.stringify({ steps }));
    renameSync(join(folder, `${COUNT}.tmp`), join(folder, COUNT));
  } catch {
    // A checkpoint without it is still a checkpoint: counting then begins at 0.
  }
}

/** What `noteSteps` wrote; 0 when it wrote nothing. */
export function countedSteps(folder: string): number {
  try {
    const { steps } = JSON.parse(readFileSync(join(folder, COUNT), 'utf8')) as { steps: unknown };
    return Number.isSafeInteger(steps) && (steps as number) >= 0 ? (steps as number) : 0;
  } catch {
    return 0;
  }
}
