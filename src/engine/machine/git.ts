/**
 * Runs git in such a way that a repository can't make it start anything: its configuration may name hooks, pagers,
 * filters, a file system monitor, diff programs and remotes. Nothing here takes the locks of the person's own git
 * commands.
 */
import { execFile, type ExecFileException } from 'node:child_process';
import * as os from 'node:os';
import { l10n } from '../../format/l10n.js';

/** Overrides for settings of the repository that would start programs. */
const SAFE = [
  ...['--no-pager', '--no-optional-locks'],
  ...['-c', 'core.fsmonitor=false', '-c', `core.hooksPath=${os.devNull}`, '-c', 'core.pager=cat'],
  ...['-c', 'diff.external=', '-c', 'core.quotePath=false', '-c', 'submodule.recurse=false'],
  ...['-c', 'core.sshCommand=false', '-c', 'credential.helper=', '-c', 'protocol.allow=never'],
];
const TIMEOUT = 10_000;

export class GitError extends Error {
  override name = 'GitError';
}

/** One repository, or a folder that may be one. */
export class Git {
  private filters: Promise<string[]> | null = null;

  constructor(
    readonly folder: string,
    private readonly timeout = TIMEOUT,
  ) {}

  /** Returns the standard output. Throws a GitError with git's message; `input` is passed to its standard input. */
  async text(args: readonly string[], options: { limit?: number; input?: string } = {}): Promise<string> {
    const answer = await this.bounded(args, options.limit ?? 16 << 20, options.input);
    if (answer === null) throw new GitError(l10n.t('its answer is too long'));
    return answer;
  }

  /** Returns null if git gave no answer, for whatever reason. */
  async ask(...args: string[]): Promise<string | null> {
    return this.text(args).then(
      (text) => text.trim(),
      () => null,
    );
  }

  /** Like `text`, but null when the answer has more bytes than `limit`. */
  async bounded(args: readonly string[], limit: number, input?: string): Promise<string | null> {
    return this.run([...SAFE, ...(await this.withoutFilters()), '-C', this.folder, ...args], limit, input);
  }

  /** Settings that put the filters out of use which the configuration names. Reading it starts nothing. */
  private withoutFilters(): Promise<string[]> {
    this.filters ??= this.run(
      [...SAFE, '-C', this.folder, 'config', '--name-only', '-z', '--get-regexp', '^filter\\.'],
      1 << 20,
    ).then(
      (text) => {
        const drivers = new Set((text ?? '').split('\0').map((name) => /^filter\.(.*)\.[^.]*$/s.exec(name)?.[1]));
        return [...drivers].flatMap((driver) =>
          driver === undefined || driver.includes('=')
            ? []
            : ['clean=', 'smudge=', 'process=', 'required=false'].flatMap((setting) => [
                '-c',
                `filter.${driver}.${setting}`,
              ]),
        );
      },
      () => [],
    );
    return this.filters;
  }

  private run(args: string[], limit: number, input?: string): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const options = { timeout: this.timeout, windowsHide: true, maxBuffer: limit, env: cleanEnvironment() };
      const child = execFile('git', args, options, (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') resolve(null);
        else reject(new GitError(reason(error, stderr)));
      });
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input ?? '');
    });
  }
}

function reason(error: ExecFileException, stderr: string): string {
  if (error.code === 'ENOENT') return l10n.t('git is not installed, or not on the PATH');
  if (error.killed) return l10n.t('it took too long');
  return stderr.trim().split('\n').slice(-3).join(' ').slice(0, 500) || error.message.slice(0, 200);
}

/** The environment without what would lead git elsewhere, and without leave to ask or to fetch. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const never = { GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: '' };
  return { ...env, ...never, LC_ALL: 'C' };
}
