// Child processes that never outlive the script, and never make it wait for ever.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readdirSync, readFileSync } from 'node:fs';
import { npmEnvironment } from '../../src/training/files/npmEnvironment.mjs';

// `npm start` and `npm test` run these scripts with variables of their own. Nothing that is started from here, another npm
// least of all, may take them for its own.
const own = npmEnvironment(process.env);
for (const name of Object.keys(process.env)) if (!(name in own)) delete process.env[name];

const windows = process.platform === 'win32';
const living = new Set();

/** A child failed: has the end of its output. */
export class CommandError extends Error {
  constructor(command, code, signal, output, timedOut) {
    const how = timedOut ? 'took too long and was stopped' : signal ? `was ended by ${signal}` : `exited with ${code}`;
    const tail = output.trim().split('\n').slice(-30).join('\n');
    super(`${command} ${how}${tail ? `:\n${tail}` : ''}`);
    /** The message says it all: shown without a stack. */
    this.plain = true;
    this.code = code;
    this.output = output;
    this.timedOut = timedOut;
  }
}

/** Every process below `pid`, deepest last, with itself first (Linux and macOS). */
export function descendants(pid) {
  const children = new Map();
  if (process.platform === 'linux') {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
      } catch {
        // It ended while we were looking.
      }
    }
  } else if (!windows) {
    const listing = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout ?? '';
    for (const line of listing.split('\n')) {
      const [child, parent] = line.trim().split(/\s+/).map(Number);
      if (child) children.set(parent, [...(children.get(parent) ?? []), child]);
    }
  }
  const found = [pid];
  for (let at = 0; at < found.length; at++) found.push(...(children.get(found[at]) ?? []));
  return found;
}

/** Ends a process and everything it started. */
export function killTree(pid, signal = 'SIGKILL') {
  if (windows) {
    spawnSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' });
    return;
  }
  for (const each of descendants(pid).reverse()) {
    try {
      process.kill(each, signal);
    } catch {
      // Already gone.
    }
  }
}

/** Keeps a child so that it is ended with the script whatever happens. */
export function adopt(child) {
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

function endAll() {
  for (const child of living) if (child.pid) killTree(child.pid);
  living.clear();
}
process.on('exit', endAll);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.on(signal, () => {
    endAll();
    process.exit(code);
  });
}

/**
 * Runs a program to its end.
 *
 * `output`: `live` shows it as it comes, `quiet` keeps it for the error message, `lines` hands each line to
 * `onLine`. Nothing is read from the terminal. Rejects with CommandError on failure, unless `check` is false.
 */
export function run(command, args, options = {}) {
  const { cwd, env, timeout = 0, output = 'live', onLine, check = true, stdin = 'ignore' } = options;
  return new Promise((resolve, reject) => {
    const child = adopt(
      spawn(command, args, {
        cwd,
        env: env ?? process.env,
        stdio: [stdin, output === 'inherit' ? 'inherit' : 'pipe', output === 'inherit' ? 'inherit' : 'pipe'],
        // npm and npx are .cmd files on Windows, which only a shell can start; arguments there are our own.
        shell: windows && /^(npm|npx|code)$/.test(command),
        windowsHide: true,
      }),
    );
    let text = '';
    let pending = '';
    const take = (stream) => (chunk) => {
      text = (text + chunk).slice(-2_000_000);
      if (output === 'live') stream.write(chunk);
      if (onLine) {
        pending += chunk;
        const lines = pending.split('\n');
        pending = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      }
    };
    child.stdout?.setEncoding('utf8').on('data', take(process.stdout));
    child.stderr?.setEncoding('utf8').on('data', take(process.stderr));
    let timedOut = false;
    const timer = timeout
      ? setTimeout(() => {
          timedOut = true;
          if (child.pid) killTree(child.pid);
        }, timeout)
      : undefined;
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error.code === 'ENOENT' ? new CommandError(command, 127, null, `${command}: not found`, false) : error);
    });
    // 'exit', not 'close': a grandchild that keeps the pipe open must not make us wait for ever.
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      setTimeout(() => {
        if (pending && onLine) onLine(pending);
        child.stdout?.destroy();
        child.stderr?.destroy();
        if (check && (code !== 0 || timedOut)) {
          reject(new CommandError([command, ...args].join(' '), code, signal, output === 'live' ? '' : text, timedOut));
        } else resolve({ code: code ?? 1, signal, output: text, timedOut });
      }, 50);
    });
  });
}

/** Its standard output, trimmed; undefined when it can't be run or fails. */
export function ask(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000, windowsHide: true, ...options });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Where a program is on the PATH; undefined if it is not. */
export function which(name, path = process.env.PATH ?? '') {
  const endings = windows ? (process.env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';') : [''];
  for (const folder of path.split(delimiter)) {
    for (const ending of endings) {
      const candidate = join(folder, name + ending.toLowerCase());
      if (folder && existsSync(candidate)) return candidate;
    }
  }
  return undefined;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until `check` gives something truthy; throws what `what` describes after `timeout` ms. */
export async function until(what, check, timeout = 30_000, every = 100) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Timed out after ${timeout / 1000} s: ${what}`);
    await sleep(every);
  }
}
