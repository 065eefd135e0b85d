/** Facts about where a run came from: machine and commit. */
import { execFile } from 'node:child_process';
import * as os from 'node:os';

export interface GitFacts {
  commit: string;
  branch: string | null;
  dirty: boolean;
}

export function hostName(): string {
  return os.hostname();
}

/** Null outside a repository, without git, or when git takes too long. */
export async function gitFacts(folder: string): Promise<GitFacts | null> {
  const commit = await git(folder, 'rev-parse', 'HEAD');
  if (commit === null || !/^[0-9a-f]{40,64}$/.test(commit)) return null;
  const [branch, changes] = await Promise.all([
    git(folder, 'symbolic-ref', '--short', '-q', 'HEAD'),
    git(folder, 'status', '--porcelain', '--untracked-files=no'),
  ]);
  return { commit, branch: branch || null, dirty: changes !== null && changes !== '' };
}

function git(folder: string, ...args: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { timeout: 5000, windowsHide: true, maxBuffer: 16 * 1024 * 1024 };
    // Looking must not take the repository's lock from the person's own git commands.
    execFile('git', ['--no-optional-locks', '-C', folder, ...args], options, (error, stdout) =>
      resolve(error ? null : stdout.trim()),
    );
  });
}
