/**
 * The supervisor of a run: `node supervisor.cjs <run folder> <umask of the program> <SHA-256 of run.json> [<file with
 * the program's environment>]`. It is small and independent of the engine, so that a run
 * continues and can be adopted, whatever happens to the engine. An engine that has started it for a trial can give it
 * further runs, one after the other, and a spare one, `node supervisor.cjs --spare <umask>`, its first one (`turns.ts`).
 */
import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { appendReal } from '../../files/real.js';
import { RUN_ENV, SPARE_FLAG } from '../../protocol/run/runFiles.js';
import { keepFilesPrivate } from '../disk/umask.js';
import { runRank } from './ranks/agent.js';
import { RANK_FLAG } from './ranks/launch.js';
import { supervise, type Supervised } from './supervisor.js';
import { Turns } from './turns.js';

// Neither a closed terminal nor Ctrl+C in it ends the supervisor or the run; that takes a request on the socket.
for (const name of ['SIGHUP', 'SIGINT', 'SIGPIPE'] as const) process.on(name, () => undefined);

/** Nobody reads our output, so unexpected errors are recorded in the run's folder. */
function report(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  try {
    appendReal('supervisor.log', `${new Date().toISOString()} ${text}\n`);
  } catch {
    // There is nowhere left to report it.
  }
  try {
    // Not through the stream, whose failure on a full disk would be reported here again, endlessly.
    writeSync(2, `${text}\n`);
  } catch {
    // Nobody can read it there.
  }
}

/** Resolves to the exit code. */
async function work([first, ...rest]: string[]): Promise<number> {
  if (first === RANK_FLAG) return runRank(rest);
  const [umask = '', askedHash, environment = ''] = rest;
  if (!first) {
    process.stderr.write('usage: supervisor.cjs <run folder> <umask> <SHA-256 of run.json> [<environment>]\n');
    return 2;
  }
  keepFilesPrivate(/^[0-7]{1,4}$/.test(umask) ? Number.parseInt(umask, 8) : undefined);
  const turns = new Turns();
  let last: Supervised = { code: 0, isSettled: true };
  let next = first === SPARE_FLAG ? await turns.first() : null;
  if (first !== SPARE_FLAG) {
    last = await supervise(resolve(first), askedHash, environment);
    next = last.isSettled ? await turns.next(last.code) : null;
  }
  while (next !== null) {
    process.env[RUN_ENV.placement] = JSON.stringify(next.placement);
    last = await supervise(next.folder, next.hash, next.environment);
    next = last.isSettled ? await turns.next(last.code) : null;
  }
  return last.code;
}

// The program and its end matter more than any one message that failed.
process.on('uncaughtException', report);
process.on('unhandledRejection', report);
work(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    report(error);
    process.exit(1);
  },
);
