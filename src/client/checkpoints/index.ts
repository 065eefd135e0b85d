/**
 * Checkpoints: folders in the run's `checkpoints/`, each complete as soon as it has its name. A run that is launched
 * again, or that continues from another run's state, finds the folder to load in `TUNESMITH_CHECKPOINT`.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RUN_ENV } from '../../protocol/run/runFiles.js';
import { damageOf, listFiles, readManifest, syncFolder, writeManifest } from './manifest.js';

/** While it is written. Left behind by a killed program, and removed by the next one that saves. */
const WRITING = '.writing-';
/** Found damaged, and kept for inspection. */
const DAMAGED = '.damaged-';

/** Absolute folder of the checkpoint to continue from; null if the program starts from the beginning. */
export function givenCheckpoint(env: NodeJS.ProcessEnv): string | null {
  const folder = env[RUN_ENV.checkpoint];
  return folder && existsSync(folder) ? folder : null;
}

export interface SaveOptions {
  /** How many of the newest checkpoints stay, this one included; at least 1. */
  keep: number;
  /** Steps that `log` has counted by itself; asked once everything is written. */
  steps: () => number;
  /** True to wait until the checkpoint has reached the disk, so that it survives a power cut. */
  sync: boolean;
}

/**
 * Calls `write` with an empty folder, records its files with their checksums, and gives the folder its name in one
 * step. The previous checkpoint stays until this one is complete: a killed program, or a power cut, always leaves one
 * of them. Resolves to the checkpoint's folder.
 */
export async function saveCheckpoint(
  checkpoints: string,
  step: number,
  write: (folder: string) => unknown,
  { keep, steps, sync }: SaveOptions,
): Promise<string> {
  if (!Number.isFinite(step) || step < 0)
    throw new RangeError(`run.saveCheckpoint: the step must be 0 or more, not ${step}.`);
  mkdirSync(checkpoints, { recursive: true });
  for (const name of readdirSync(checkpoints)) {
    if (name.startsWith(WRITING)) rmSync(join(checkpoints, name), { recursive: true, force: true });
  }
  const temporary = join(checkpoints, WRITING + randomBytes(4).toString('hex'));
  mkdirSync(temporary);
  let folder: string;
  try {
    await write(temporary);
    writeManifest(temporary, {
      steps: steps(),
      number: nextNumber(checkpoints),
      files: await listFiles(temporary, sync),
    });
    if (sync) syncFolder(temporary);
    folder = freeName(checkpoints, `step-${String(step).padStart(9, '0')}`);
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  if (sync) syncFolder(checkpoints);
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
  const found = names.flatMap((name) => {
    const folder = join(checkpoints, name);
    // Removed meanwhile by the program that saves newer ones.
    const time = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    return time === undefined ? [] : [{ folder, time, number: readManifest(folder)?.number }];
  });
  const numbered = found.every(({ number }) => number !== undefined);
  return found
    .sort((a, b) => (numbered ? b.number! - a.number! : b.time - a.time) || (a.folder < b.folder ? 1 : -1))
    .map(({ folder }) => folder);
}

/** Returns the step that a checkpoint was saved at, by the name that `saveCheckpoint` gives it; null if that does not tell. */
export function stepOf(folder: string): number | null {
  const [, step] = /^step-(\d+(?:\.\d+)?)(?:-\d+)?$/.exec(basename(folder)) ?? [];
  return step === undefined ? null : Number(step);
}

/**
 * Returns the checkpoint to continue from: the given one or, if it is damaged, the newest intact one before it; null if
 * there is none. Damaged ones are renamed, and reported to `onDamage`.
 */
export async function usableCheckpoint(
  given: string,
  onDamage: (name: string, why: string) => void,
): Promise<string | null> {
  const all = wholeCheckpoints(dirname(given));
  const place = all.indexOf(given);
  for (const folder of place === -1 ? [given] : all.slice(place)) {
    const why = existsSync(folder) ? await damageOf(folder).catch((error: Error) => error.message) : 'it is gone';
    if (why === null) return folder;
    onDamage(basename(folder), why);
    putAside(folder);
  }
  return null;
}

function putAside(folder: string): void {
  try {
    const aside = join(dirname(folder), DAMAGED + basename(folder));
    rmSync(aside, { recursive: true, force: true });
    renameSync(folder, aside);
  } catch {
    // It is passed over all the same.
  }
}

function nextNumber(checkpoints: string): number {
  return 1 + Math.max(0, ...wholeCheckpoints(checkpoints).map((folder) => readManifest(folder)?.number ?? 0));
}

/** The name, or with a number behind it while a checkpoint of that name is there. */
function freeName(checkpoints: string, name: string): string {
  for (let turn = 1; ; turn++) {
    const folder = join(checkpoints, turn === 1 ? name : `${name}-${turn}`);
    if (!existsSync(folder)) return folder;
  }
}
