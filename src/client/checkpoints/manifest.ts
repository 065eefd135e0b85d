/**
 * The manifest of a checkpoint: `.tunesmith.json`, written into its folder last. It lists its files with their
 * checksums, so that a checkpoint with missing or changed bytes is never used.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, openSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readReal, STATE_LIMIT } from '../../files/real.js';
import { writeWholeSync } from '../../files/whole.js';

export const MANIFEST = '.tunesmith.json';

export interface Manifest {
  /** Steps that `log` had counted by itself when it was saved. */
  steps?: number;
  /** Increases with each checkpoint of a run and so gives their order, independently of clocks and file times. */
  number?: number;
  /** By path inside the folder, with `/`. Absent in what earlier versions wrote. */
  files?: Record<string, { bytes: number; sha256: string }>;
}

/** Returns null if no readable one exists. */
export function readManifest(folder: string): Manifest | null {
  try {
    const value: unknown = JSON.parse(readReal(join(folder, MANIFEST), STATE_LIMIT));
    if (typeof value !== 'object' || value === null) return null;
    const { steps, number, files } = value as Record<string, unknown>;
    const isCount = (given: unknown): given is number => Number.isSafeInteger(given) && (given as number) >= 0;
    return {
      ...(isCount(steps) && { steps }),
      ...(isCount(number) && { number }),
      ...(typeof files === 'object' && files !== null && { files: files as Manifest['files'] }),
    };
  } catch {
    return null;
  }
}

/** Replaces the manifest of a checkpoint. */
export function writeManifest(folder: string, manifest: Manifest): void {
  writeWholeSync(join(folder, MANIFEST), JSON.stringify(manifest), { mode: 0o600, sync: false });
}

/** Records how many steps were counted so far, so that a run that resumes from this checkpoint continues the count. */
export function noteSteps(folder: string, steps: number): void {
  try {
    writeManifest(folder, { ...readManifest(folder), steps });
  } catch {
    // A checkpoint without it is still a checkpoint: counting then begins at 0.
  }
}

/** Returns the number of steps that was noted, or 0. */
export function countedSteps(folder: string): number {
  return readManifest(folder)?.steps ?? 0;
}

/** Reads every file of a checkpoint for its manifest. With `sync`, they are synced to the disk when it resolves. */
export async function listFiles(folder: string, sync: boolean): Promise<NonNullable<Manifest['files']>> {
  const files: NonNullable<Manifest['files']> = {};
  for (const path of filesIn(folder)) {
    if (sync) await syncFile(join(folder, path));
    files[path] = await digest(join(folder, path));
  }
  return files;
}

/**
 * Returns what is wrong with a checkpoint: a file that is missing, truncated or changed. Null if it is intact, or was
 * written by a program that left no checksums.
 */
export async function damageOf(folder: string): Promise<string | null> {
  const wanted = readManifest(folder)?.files;
  if (!wanted) return null;
  const there = new Set(filesIn(folder));
  for (const path of Object.keys(wanted)) {
    if (!there.has(path)) return `${path} is missing`;
    const { bytes, sha256 } = await digest(join(folder, path));
    const expected = wanted[path];
    if (bytes !== expected?.bytes) return `${path} has ${bytes} bytes instead of ${expected?.bytes}`;
    if (sha256 !== expected.sha256) return `the content of ${path} has changed`;
  }
  return null;
}

/** Makes files that were created in or renamed into a folder survive a power cut, if the system can. */
export function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Windows can't do that.
  }
}

/** Regular files only, the manifest left out, sorted. */
function filesIn(folder: string): string[] {
  const found: string[] = [];
  const look = (inside: string): void => {
    for (const entry of readdirSync(join(folder, inside), { withFileTypes: true })) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) look(path);
      else if (entry.isFile() && path !== MANIFEST && path !== `${MANIFEST}.tmp`) found.push(path);
    }
  };
  look('');
  return found.sort();
}

async function digest(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function syncFile(path: string): Promise<void> {
  // Windows flushes only files that are open for writing.
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
