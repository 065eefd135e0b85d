import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tunesmithHome } from '../../client/home.js';
import type { BackendId } from '../../protocol/engine/index.js';
import { withLock } from '../files/lock.js';

const MANIFEST = 'installed.json';

export const backendsFolder = (): string => join(tunesmithHome(), 'backends');
export const backendFolder = (id: BackendId): string => join(backendsFolder(), id);
export const isInstalled = (id: BackendId): boolean => existsSync(join(backendFolder(id), MANIFEST));

/** Returns the metadata written at installation. */
export function manifest(id: BackendId): Record<string, unknown> {
  return JSON.parse(readFileSync(join(backendFolder(id), MANIFEST), 'utf8')) as Record<string, unknown>;
}

/** Returns the time of installation, or `absent`. */
export function installStamp(id: BackendId): string {
  try {
    return String(statSync(join(backendFolder(id), MANIFEST)).mtimeMs);
  } catch {
    return 'absent';
  }
}

/**
 * Installs atomically: fills a folder beside the final one and renames it on success, so an interrupted installation
 * leaves the previous one intact. `fill` returns the metadata.
 */
export async function installInto(
  id: BackendId,
  signal: AbortSignal,
  onWait: () => void,
  fill: (folder: string) => Promise<Record<string, unknown>>,
): Promise<void> {
  await mkdir(backendsFolder(), { recursive: true });
  await withLock(join(backendsFolder(), `${id}.lock`), { signal, onWait }, async () => {
    const target = backendFolder(id);
    const temporary = `${target}.new`;
    const old = `${target}.old`;
    await rm(temporary, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    try {
      const notes = await fill(temporary);
      await writeFile(join(temporary, MANIFEST), JSON.stringify(notes, null, 2));
      if (existsSync(target)) await rename(target, old);
      await rename(temporary, target);
    } finally {
      await rm(temporary, { recursive: true, force: true });
      await rm(old, { recursive: true, force: true });
    }
  });
}
