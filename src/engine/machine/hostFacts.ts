/** Facts about a run's origin: machine and commit. */
import * as os from 'node:os';
import { Git } from './git.js';

export interface GitFacts {
  commit: string;
  branch: string | null;
  dirty: boolean;
}

export function hostName(): string {
  return os.hostname();
}

/** Returns null outside a repository, without git, or when git takes too long. */
export async function gitFacts(folder: string): Promise<GitFacts | null> {
  const git = new Git(folder, 5000);
  const commit = await git.ask('rev-parse', 'HEAD');
  if (commit === null || !/^[0-9a-f]{40,64}$/.test(commit)) return null;
  const [branch, changes] = await Promise.all([
    git.ask('symbolic-ref', '--short', '-q', 'HEAD'),
    git.ask('status', '--porcelain', '--untracked-files=no', '--ignore-submodules=dirty'),
  ]);
  return { commit, branch: branch || null, dirty: changes !== null && changes !== '' };
}
