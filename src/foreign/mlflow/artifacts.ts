/** Artifacts of a run in a local folder: those that can be shown become its media, the others stay in place. */
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileBytes, insideOf } from '../bytes.js';
import type { MediaBudget } from '../mediaBudget.js';
import { isShown, mimeOf } from '../mime.js';
import type { Sink } from '../types.js';
import { walkReal } from '../walk.js';

const LIMITS = { depth: 12, entries: 20_000 };
const LARGEST = 32 * 2 ** 20;
/** Bytes that are emitted per reading. */
const PIECE = 64 * 2 ** 20;

/** Emits the new files of the folder. Returns the names of all files seen; `more`: there are others. */
export function handArtifacts(
  folder: string,
  known: readonly string[],
  budget: MediaBudget,
  sink: Sink,
): { names: string[]; more: boolean } {
  const before = new Set(known);
  const names = [...known];
  let [bytes, others] = [0, 0];
  for (const { path: at, relative, files } of walkReal(folder, LIMITS)) {
    for (const file of files) {
      const name = relative === '' ? file : `${relative}/${file}`;
      if (before.has(name)) continue;
      if (bytes > PIECE) return { names, more: true };
      names.push(name);
      const content = isShown(file) ? read(path.join(at, file), budget) : null;
      if (content === null) others++;
      else {
        sink.media({ name, step: null, time: NaN, mime: mimeOf(file, content), bytes: content });
        bytes += content.length;
      }
    }
  }
  if (others > 0) sink.info({ 'other artifacts': `${others} in ${folder}` });
  return { names, more: false };
}

/** Whole file; null if it is too large, beyond the budget, or can't be read. */
function read(file: string, budget: MediaBudget): Buffer | null {
  try {
    const bytes = FileBytes.open(file);
    try {
      return bytes.size > LARGEST || !budget.takes(bytes.size) ? null : bytes.read(0, LARGEST);
    } finally {
      bytes.close();
    }
  } catch {
    return null;
  }
}

/** The folder of an artifact URI, if it is within the folder of the store; else null. */
export function artifactFolder(store: string, uri: unknown): string | null {
  if (typeof uri !== 'string' || uri.length > 4096) return null;
  if (/^[a-z][\w+.-]+:/i.test(uri) && !uri.startsWith('file:')) return null;
  try {
    return insideOf(store, uri.startsWith('file:') ? fileURLToPath(uri) : uri);
  } catch {
    return null;
  }
}
