/** The parts of Tunesmith that a host needs: supervisor, host program, hosts of modules and networks, the Python client. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createHash } from 'node:crypto';

export const HOST_PROGRAM = 'remote.cjs';
const BUNDLES = /^(remote|supervisor|module|images|trainer|training)\.cjs$|\.wasm$/;

export interface Brought {
  /** Folder above `dist`, and the files by their paths in it. */
  from: string;
  files: string[];
  /** SHA-256 of the files. */
  hash: string;
}

const known = new Map<string, Brought>();

/** `dist`: folder of the bundles. */
export function partsToBring(dist: string): Brought {
  const before = known.get(dist);
  if (before) return before;
  const from = path.dirname(dist);
  const folder = path.basename(dist);
  const bundles = fs.readdirSync(dist).filter((name) => BUNDLES.test(name));
  const files = [...bundles.map((name) => `${folder}/${name}`), ...pythonFiles(from)].sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(fs.readFileSync(path.join(from, file)));
  const brought = { from, files, hash: hash.digest('hex').slice(0, 16) };
  known.set(dist, brought);
  return brought;
}

function pythonFiles(from: string): string[] {
  const found: string[] = [];
  const folders = ['python/tunesmith'];
  for (const folder of folders) {
    let entries: fs.Dirent[] = [];
    try {
      entries = fs.readdirSync(path.join(from, folder), { withFileTypes: true });
    } catch {
      // Without it, Python programs are tracked by their output.
    }
    for (const entry of entries) {
      if (entry.isDirectory() && entry.name !== '__pycache__') folders.push(`${folder}/${entry.name}`);
      else if (entry.isFile()) found.push(`${folder}/${entry.name}`);
    }
  }
  return found;
}
