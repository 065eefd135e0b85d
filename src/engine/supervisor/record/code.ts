import { constants, closeSync, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { RecordedCode, RecordedUntracked } from '../../../protocol/engine/recorded.js';
import { mayBeSecret, RECORDED, SECRET_PATHSPECS, withoutCredentials } from '../../../protocol/run/recordedFiles.js';
import { Git } from '../../machine/git.js';

/** Maximum bytes of the diff, of one untracked file and of all of them, and maximum number of listed files. */
const MAX_DIFF = 4 << 20;
const MAX_FILE = 256 << 10;
const MAX_FILES = 4 << 20;
const MAX_KEPT = 500;
const MAX_NAMED = 2000;
/** Options that fix the form of the diff, whatever the repository's configuration says. */
const DIFF = ['--no-ext-diff', '--no-textconv', '--no-color', '--no-renames', '--ignore-submodules=dirty'];

/**
 * Records the state of the repository that contains `folder`: commit, changes, untracked files. Null if there is none,
 * or if it refers to files outside of it. Returns texts by the names of files.
 */
export async function recordCode(folder: string): Promise<Record<string, string> | null> {
  const git = new Git(folder);
  const top = await git.ask('rev-parse', '--show-toplevel');
  const commit = await git.ask('rev-parse', '--verify', '-q', 'HEAD');
  if (!top || !commit || !/^[0-9a-f]{40,64}$/.test(commit)) return null;
  const [root, here] = [realpathSync(top), realpathSync(folder)];
  const within = relative(root, here);
  // `core.worktree` may name any folder of the person's.
  if (within === '..' || within.startsWith(`..${sep}`) || within !== relative(root, join(root, within))) return null;
  const leftOut: string[] = [];
  const [branch, remote, changed, patch, untracked] = await Promise.all([
    git.ask('symbolic-ref', '--short', '-q', 'HEAD'),
    remoteOf(git),
    changedFiles(git, leftOut),
    changes(git, leftOut),
    untrackedFiles(git, leftOut),
  ]);
  const contents: RecordedUntracked = [];
  const named = keepContents(root, untracked, contents, leftOut);
  const code: RecordedCode = {
    ...{ version: 1, time: Date.now(), commit, branch: branch || null, remote, folder: within.split(sep).join('/') },
    ...{ changed, diff: patch === null ? null : Buffer.byteLength(patch), untracked: named, leftOut },
  };
  return {
    ...(patch && { [RECORDED.changes]: patch }),
    ...(contents.length > 0 && { [RECORDED.untracked]: JSON.stringify(contents) }),
    // Last: it tells that all is there.
    [RECORDED.code]: JSON.stringify(code),
  };
}

async function remoteOf(git: Git): Promise<string | null> {
  const lines = (await git.ask('config', '--get-regexp', '^remote\\..*\\.url$'))?.split('\n') ?? [];
  const line = lines.find((one) => one.startsWith('remote.origin.url ')) ?? lines[0];
  return line ? withoutCredentials(line.slice(line.indexOf(' ') + 1)).slice(0, 1000) : null;
}

async function changedFiles(git: Git, leftOut: string[]): Promise<string[]> {
  const text = await git.bounded(['diff', '--name-only', '-z', ...DIFF, 'HEAD'], 1 << 20).catch(() => null);
  if (text === null) {
    leftOut.push('The names of the changed files: they could not be read.');
    return [];
  }
  const names = text.split('\0').filter(Boolean);
  if (names.length > MAX_NAMED) leftOut.push(`The names of ${names.length - MAX_NAMED} further changed files.`);
  return names.slice(0, MAX_NAMED);
}

async function changes(git: Git, leftOut: string[]): Promise<string | null> {
  const prefixes = ['--src-prefix=a/', '--dst-prefix=b/', '--binary', '--full-index'];
  try {
    const args = ['diff', ...DIFF, ...prefixes, 'HEAD', '--', ':(top)', ...SECRET_PATHSPECS];
    const text = await git.bounded(args, MAX_DIFF);
    if (text === null) leftOut.push(`The changes: they have more than ${MAX_DIFF >> 20} MiB.`);
    // A patch with characters that could not be decoded would not apply.
    const isUtf8 = !text?.includes('\ufffd');
    if (!isUtf8) leftOut.push('The changes: some are not UTF-8.');
    return isUtf8 ? text : null;
  } catch (error) {
    leftOut.push(`The changes: ${(error as Error).message}.`);
    return null;
  }
}

async function untrackedFiles(git: Git, leftOut: string[]): Promise<string[]> {
  const args = ['ls-files', '--others', '--exclude-standard', '--full-name', '-z', '--', ':(top)'];
  const text = await git.bounded(args, 4 << 20).catch(() => null);
  if (text === null) {
    leftOut.push('Files that git does not track: there are too many.');
    return [];
  }
  const names = text.split('\0').filter((name) => name !== '' && !name.endsWith('/'));
  if (names.length > MAX_NAMED) leftOut.push(`${names.length - MAX_NAMED} further files that git does not track.`);
  return names.slice(0, MAX_NAMED);
}

/** Reads the small texts among untracked files into `contents`. */
function keepContents(
  root: string,
  names: readonly string[],
  contents: RecordedUntracked,
  leftOut: string[],
): RecordedCode['untracked'] {
  let room = MAX_FILES;
  let secrets = 0;
  const named = names.map((path) => {
    const isSecret = mayBeSecret(path);
    if (isSecret) secrets++;
    const { size, text } = readSmall(
      root,
      path,
      isSecret || contents.length >= MAX_KEPT ? 0 : Math.min(room, MAX_FILE),
    );
    if (text === null) return { path, size, kept: false };
    room -= Buffer.byteLength(text);
    contents.push({ path, text });
    return { path, size, kept: true };
  });
  if (secrets > 0) leftOut.push(`The contents of ${secrets} files that may hold secrets.`);
  const large = named.filter(({ kept }) => !kept).length - secrets;
  if (large > 0) leftOut.push(`The contents of ${large} untracked files: too large, too many or no text.`);
  return named;
}

/** `text` null: it has more than `limit` bytes, is not text, or not a file of this folder. */
function readSmall(root: string, path: string, limit: number): { size: number | null; text: string | null } {
  try {
    const file = join(root, ...path.split('/'));
    // No link in between leads out.
    if (realpathSync(dirname(file)) !== dirname(file)) return { size: null, text: null };
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
    const descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) return { size: null, text: null };
      if (stat.size > limit) return { size: stat.size, text: null };
      const bytes = readFileSync(descriptor);
      const text = bytes.toString('utf8');
      const isText = bytes.length <= limit && !bytes.includes(0) && Buffer.from(text).equals(bytes);
      return { size: stat.size, text: isText ? text : null };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return { size: null, text: null };
  }
}
