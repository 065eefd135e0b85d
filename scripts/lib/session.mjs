// A marked environment for everything that a script starts, so that detached processes (engines, supervisors, training
// programs) can be found and ended afterwards: they are meant to outlive their parent.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { sleep } from './process.mjs';

const MARK = 'TUNESMITH_TEST_SESSION';

/** A scratch folder, and an environment that marks the processes started in it. */
export function openSession(name = 'test') {
  // Through realpath: on macOS the temporary folder is a link, and tests compare paths.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `tunesmith-${name}-`)));
  const mark = basename(folder);
  return {
    folder,
    env: (extra = {}) => ({ ...process.env, ...extra, [MARK]: mark }),
    /** Ends whatever is left, removes the folder; returns the command lines of what had to be ended. */
    async close({ grace = 0, keep = false } = {}) {
      const end = Date.now() + grace;
      let left = await marked(mark);
      while (left.length > 0 && Date.now() < end) {
        await sleep(200);
        left = await marked(mark);
      }
      const ended = left.map((each) => each.command);
      for (let round = 0; left.length > 0 && round < 5; round++) {
        for (const { pid } of left) {
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // Already gone.
          }
        }
        await sleep(100);
        left = await marked(mark);
      }
      if (!keep) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      return ended;
    },
  };
}

/** Processes whose environment carries the mark. Only Linux tells; elsewhere idle engines leave by themselves. */
async function marked(mark) {
  if (process.platform !== 'linux') return [];
  const found = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const environment = await readFile(`/proc/${entry}/environ`, 'utf8');
      if (!environment.split('\0').includes(`${MARK}=${mark}`)) continue;
      const command = (await readFile(`/proc/${entry}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
      // A zombie has no command line and can't be ended.
      if (command) found.push({ pid: Number(entry), command });
    } catch {
      // It ended, or belongs to someone else.
    }
  }
  return found;
}
