/** Files of a workspace that go to an SSH host: those that git would keep, without those that are likely to hold secrets. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createHash } from 'node:crypto';
import { mayBeSecret } from '../../../protocol/run/recordedFiles.js';
import { Git } from '../../machine/git.js';
import { l10n } from '../../../format/l10n.js';

export interface SentFile {
  /** With slashes, relative to the workspace. */
  path: string;
  size: number;
}

export interface Sendable {
  files: SentFile[];
  /** Files that would be secrets, and folders that are repositories of their own. */
  leftOut: string[];
  /** False: it is not a git repository, so a fixed list says what is left out. */
  byGit: boolean;
}

/** More are no code. */
const MOST_FILES = 100_000;
/** Left out where no git says what belongs to the code. */
const NEVER = new Set([
  'node_modules',
  '__pycache__',
  '.venv',
  'venv',
  '.mypy_cache',
  '.pytest_cache',
  '.ipynb_checkpoints',
]);
const LIST_BYTES = 64 << 20;

/** Reads only names and sizes. Throws when there are too many. */
export async function sendable(workspace: string): Promise<Sendable> {
  const listed = await listedByGit(workspace);
  const paths = listed ?? walked(workspace);
  const files: SentFile[] = [];
  const leftOut: string[] = [];
  for (const name of paths) {
    if (isOwn(name)) continue;
    const stat = fs.lstatSync(path.join(workspace, name), { throwIfNoEntry: false });
    if (!stat) continue;
    if (mayBeSecret(name) || stat.isDirectory()) leftOut.push(name);
    else if (stat.isFile() || stat.isSymbolicLink()) files.push({ path: name, size: stat.isFile() ? stat.size : 0 });
    if (files.length > MOST_FILES)
      throw new Error(
        l10n.t(
          'The folder has more than {0} files that git does not ignore. Add data and outputs to .gitignore, so that only code is sent.',
          MOST_FILES,
        ),
      );
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, leftOut, byGit: listed !== null };
}

const isOwn = (name: string): boolean =>
  name.split('/').some((part) => part === '.tunesmith' || part === '.git') || /[\u0000\n]/.test(name);

async function listedByGit(workspace: string): Promise<string[] | null> {
  const git = new Git(workspace, 60_000);
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const text = await git.bounded(args, LIST_BYTES).catch(() => null);
  return text === null ? null : text.split('\0').filter(Boolean);
}

function walked(workspace: string): string[] {
  const found: string[] = [];
  const folders = [''];
  for (const inner of folders) {
    for (const entry of fs.readdirSync(path.join(workspace, inner), { withFileTypes: true })) {
      const name = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (isOwn(name) || NEVER.has(entry.name)) continue;
      if (entry.isDirectory()) folders.push(name);
      else found.push(name);
      if (found.length > MOST_FILES) return found;
    }
  }
  return found;
}

const known = new Map<string, { look: string; hash: string }>();

/** Returns the content of the files as one SHA-256. A file that has not changed is not read again. */
export async function contentOf(workspace: string, files: readonly SentFile[]): Promise<string> {
  const whole = createHash('sha256');
  for (const { path: name } of files) whole.update(`${name}\0${await fileContent(path.join(workspace, name))}\n`);
  return whole.digest('hex');
}

async function fileContent(file: string): Promise<string> {
  const stat = await fs.promises.lstat(file, { bigint: true });
  if (stat.isSymbolicLink()) return `link ${await fs.promises.readlink(file)}`;
  const look = `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.mode & 0o111n}`;
  const before = known.get(file);
  if (before?.look === look) return before.hash;
  const hash = createHash('sha256').update((stat.mode & 0o111n) === 0n ? 'file ' : 'program ');
  for await (const part of fs.createReadStream(file) as AsyncIterable<Buffer>) hash.update(part);
  const digest = hash.digest('hex');
  known.set(file, { look, hash: digest });
  return digest;
}
