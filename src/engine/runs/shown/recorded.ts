/** Reads what was recorded at a run's start, and restores its code into a folder. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { z } from 'zod';
import { readReal } from '../../../files/real.js';
import type { Recorded } from '../../../protocol/engine/recorded.js';
import {
  RecordedCode,
  RecordedData,
  RecordedEnvironment,
  RecordedUntracked,
} from '../../../protocol/engine/recorded.js';
import { RECORDED } from '../../../protocol/run/recordedFiles.js';
import { Git, GitError } from '../../machine/git.js';
import { l10n } from '../../../format/l10n.js';

const MAX_FACTS = 8 << 20;
const MAX_CONTENT = 16 << 20;

/** Parts that are missing or unreadable are null: the folder may come from anywhere. */
export function readRecorded(runFolder: string): Recorded {
  return {
    code: readPart(runFolder, RECORDED.code, RecordedCode),
    environment: readPart(runFolder, RECORDED.environment, RecordedEnvironment),
    data: readPart(runFolder, RECORDED.data, RecordedData),
  };
}

export interface CodeContents {
  /** Changes since the commit, as git shows them; null: not kept. */
  changes: string | null;
  untracked: RecordedUntracked;
}

export function readCodeContents(runFolder: string): CodeContents {
  return {
    changes: readText(runFolder, RECORDED.changes, MAX_CONTENT),
    untracked: readPart(runFolder, RECORDED.untracked, RecordedUntracked) ?? [],
  };
}

function readText(runFolder: string, name: string, limit: number): string | null {
  try {
    return readReal(path.join(runFolder, RECORDED.folder, name), limit);
  } catch {
    return null;
  }
}

function readPart<T extends z.ZodType>(runFolder: string, name: string, schema: T): z.output<T> | null {
  try {
    return schema.parse(JSON.parse(readText(runFolder, name, MAX_FACTS) ?? 'null'));
  } catch {
    return null;
  }
}

export interface CheckedOut {
  /** Path of the worktree. */
  folder: string;
  /** The program's working folder within it. */
  cwd: string;
  /** Differences from the run's code, in sentences. */
  notes: string[];
}

/**
 * Makes a git worktree with a run's code: its commit, its changes and its untracked files. Runs no hooks and no
 * filters. `repository`: a folder in the repository. Throws with a sentence for the person, and removes everything
 * then.
 */
export async function checkOutCode(runFolder: string, repository: string, target: string): Promise<CheckedOut> {
  const { code } = readRecorded(runFolder);
  if (!code) throw new GitError(l10n.t('Its code was not recorded: its working folder was not in a git repository.'));
  if (fs.existsSync(target) && fs.readdirSync(target).length > 0)
    throw new GitError(l10n.t('{0} is not empty. Name a folder that does not exist yet.', target));
  const git = new Git(repository, 120_000);
  const { commit } = code;
  if ((await git.ask('cat-file', '-t', commit)) !== 'commit')
    throw new GitError(
      l10n.t('The repository of {0} does not have the commit {1}. Fetch it first.', repository, commit),
    );
  await git.text(['worktree', 'add', '--detach', '--', target, commit]).catch((error: Error) => {
    throw new GitError(l10n.t('git could not make the worktree: {0}', error.message));
  });
  const notes = [...code.leftOut];
  const { changes, untracked } = readCodeContents(runFolder);
  const worktree = new Git(target, 120_000);
  if (changes) {
    await worktree
      .text(['apply', '--whitespace=nowarn', '--binary', '-'], { input: changes })
      .catch((error: Error) => notes.push(l10n.t('Its changes do not apply: {0}', error.message)));
  }
  for (const { path: name, text } of untracked) {
    try {
      writeInside(target, name, text);
    } catch (error) {
      notes.push(l10n.t('{0} was not written: {1}', name, (error as Error).message));
    }
  }
  return { folder: target, cwd: path.join(target, ...code.folder.split('/')), notes };
}

/** Writes a new file below `root`. The record may name any path, so it is checked. */
function writeInside(root: string, name: string, text: string): void {
  const parts = name.split('/');
  const isOdd = (part: string): boolean =>
    part === '' || part === '.' || part === '..' || /[\\:\0]/.test(part) || /^\.git(?:[ .~]|$)/i.test(part);
  if (parts.some(isOdd)) throw new Error(l10n.t('its name leads elsewhere'));
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    folder = path.join(folder, part);
    if (!fs.existsSync(folder)) fs.mkdirSync(folder);
    // A link may have come with the commit or the changes.
    if (!fs.lstatSync(folder).isDirectory()) throw new Error(l10n.t('a link is in the way'));
  }
  fs.writeFileSync(path.join(root, ...parts), text, { flag: 'wx' });
}
