/**
 * The program that an engine starts on an SSH host: `node remote.cjs serve <folder>` answers it, `node remote.cjs keep` gives the
 * host's devices to the jobs. Written for the oldest Node that a host may have; it needs nothing that is not in this bundle.
 */
import { keepFilesPrivate } from '../engine/disk/umask.js';
import { keep } from './keeper.js';
import { serve } from './serve.js';

for (const name of ['SIGHUP', 'SIGINT'] as const) process.on(name, () => undefined);
const [what, base] = process.argv.slice(2);
keepFilesPrivate(undefined);
if (what === 'keep') {
  keep().then(
    () => process.exit(0),
    (error: unknown) => fail(error),
  );
} else if (what === 'serve' && base !== undefined) {
  serve(base, process.stdin, process.stdout, __filename).then(
    () => process.exit(0),
    (error: unknown) => fail(error),
  );
} else {
  process.stderr.write('usage: remote.cjs serve <folder> | keep\n');
  process.exit(2);
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
