import { spawn } from 'node:child_process';

export interface CommandResult {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

const KEPT = 1_000_000;

/**
 * Runs a program without a shell and returns the end of its output. Rejects only when it can't be started or was
 * aborted.
 */
export function runCommand(
  program: string,
  args: string[],
  options: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    signal?: AbortSignal;
    timeoutMs?: number;
    onLine?: (line: string) => void;
  } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      signal: options.signal,
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const texts = { stdout: '', stderr: '' };
    let rest = '';
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] = (texts[name] + text).slice(-KEPT);
        if (!options.onLine) return;
        const lines = (rest + text).split(/\r\n|\n|\r/);
        rest = lines.pop()!;
        for (const line of lines) options.onLine(line);
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...texts }));
  });
}
