import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RecordedData } from '../../../protocol/engine/recorded.js';

/** Files, bytes that are hashed of one and of all, and texts that may name a file. */
const MAX_FILES = 200;
const MAX_FILE = 256 << 20;
const MAX_ALL = 512 << 20;
const MAX_TEXTS = 5000;
const LONGEST = 4096;
/** Programs are code, which git keeps. */
const CODE = /\.(?:pyc?|[cm]?[jt]sx?|sh|ps1|ipynb|jl|rb|pl|lua|exe|dll|so)$/i;

/** Records the files that the texts in `named` (of any shape) name, relative to `cwd`: size, time, hash. Never rejects. */
export async function recordData(named: readonly unknown[], cwd: string): Promise<RecordedData> {
  const found: RecordedData = [];
  let room = MAX_ALL;
  for (const path of candidates(named)) {
    if (found.length >= MAX_FILES) break;
    const file = resolve(cwd, path);
    try {
      const stat = statSync(file);
      if (!stat.isFile()) continue;
      const isHashed = stat.size <= Math.min(MAX_FILE, room);
      if (isHashed) room -= stat.size;
      const sha256 = isHashed ? await hashOf(file, MAX_FILE) : null;
      found.push({ path, size: stat.size, changed: Math.round(stat.mtimeMs), sha256 });
    } catch {
      // The file does not exist, or can't be read.
    }
  }
  return found;
}

/** Texts that may be paths, each once. */
function candidates(named: readonly unknown[]): Set<string> {
  const texts = new Set<string>();
  const walk = (value: unknown, depth: number): void => {
    if (texts.size >= MAX_TEXTS || depth > 8) return;
    if (typeof value === 'string') {
      // `--data=train.csv` names a file, too.
      for (const text of [value, /^-{1,2}[\w.-]+=(.+)$/s.exec(value)?.[1]]) {
        if (text && text.length <= LONGEST && /[./\\]/.test(text) && !text.includes('\0') && !CODE.test(text))
          texts.add(text);
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const each of Object.values(value)) walk(each, depth + 1);
    }
  };
  for (const each of named) walk(each, 0);
  return texts;
}

/** Null: it has grown beyond `limit` meanwhile. */
async function hashOf(file: string, limit: number): Promise<string | null> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    bytes += (chunk as Buffer).length;
    if (bytes > limit) return null;
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
