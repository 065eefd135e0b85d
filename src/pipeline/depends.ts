/** Hash of everything that a stage depends on: its text, the runs of the stages before it, and the files that it reads. */
import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { StagePlan } from '../protocol/run/pipeline.js';
import { modulesOf } from './modules.js';

/** Larger files count by their size and time of change. */
const LARGEST = 64 * 1024 * 1024;
/** Maximum number of files of a folder that are read. */
const MOST_FILES = 20_000;
/** Folders that no result depends on. */
const PASSED_OVER = ['.git', '.tunesmith', 'node_modules', '__pycache__', '.venv'];
/** Keys of a stage's text that its result does not depend on. */
const NO_PART = ['name', 'on', 'resources', 'slurm', 'kubernetes', 'ray'];
/** Raised when the same stage would have another result. */
const VERSION = 1;

/**
 * Returns the SHA-256 of a stage, in hexadecimal digits. `text` is its text with the runs of other stages inserted,
 * `parents` are those runs: if one of them was repeated, its result may differ. `folder` is that of the experiment
 * file.
 */
export async function hashOf(
  stage: Pick<StagePlan, 'inputs' | 'outputs'>,
  text: string,
  parents: readonly string[],
  folder: string,
): Promise<string> {
  const hash = createHash('sha256');
  // A stage that is only called otherwise, or runs in another place, is the same.
  const stated = Object.entries(JSON.parse(text) as Record<string, unknown>);
  const rest = Object.fromEntries(stated.filter(([key]) => !NO_PART.includes(key)));
  hash.update(JSON.stringify({ version: VERSION, rest, parents: [...parents].sort(), outputs: stage.outputs }));
  const files = stage.inputs.flatMap((written) => {
    const file = path.resolve(folder, written);
    return [file, ...modulesOf(file)];
  });
  for (const file of [...new Set(files)].sort()) await addPath(hash, file, path.relative(folder, file));
  return hash.digest('hex');
}

/** Adds a file, or all files of a folder. Missing files add nothing. */
async function addPath(hash: Hash, file: string, name: string): Promise<void> {
  const stat = await fs.promises.stat(file).catch(() => null);
  if (stat?.isFile()) return addFile(hash, file, name, stat);
  if (!stat?.isDirectory()) return;
  const left = { files: MOST_FILES };
  await addFolder(hash, file, name, left);
}

async function addFolder(hash: Hash, folder: string, name: string, left: { files: number }): Promise<void> {
  const entries = await fs.promises.readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (left.files <= 0) return;
    const inner = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!PASSED_OVER.includes(entry.name)) await addFolder(hash, inner, `${name}/${entry.name}`, left);
      continue;
    }
    const stat = entry.isFile() ? await fs.promises.stat(inner).catch(() => null) : null;
    if (!stat) continue;
    left.files--;
    await addFile(hash, inner, `${name}/${entry.name}`, stat);
  }
}

async function addFile(hash: Hash, file: string, name: string, { size, mtimeMs }: fs.Stats): Promise<void> {
  hash.update(`\0${name.split(path.sep).join('/')}\0${size}\0`);
  if (size > LARGEST) return void hash.update(String(mtimeMs));
  const own = createHash('sha256');
  // An unreadable file counts as empty; the stage itself reports its problem.
  const read = async (): Promise<void> => {
    for await (const part of fs.createReadStream(file)) own.update(part as Buffer);
  };
  await read().catch(() => undefined);
  hash.update(own.digest());
}
