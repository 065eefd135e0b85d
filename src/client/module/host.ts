/**
 * Runs a person's JavaScript or TypeScript training module: `node module.cjs <module>`. The module exports a
 * function (default, or named `train`) that takes the RunClient.
 */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectRun } from '../index.js';
import { TRAINING_MODULE, provide } from './imports.js';
import { describeError, loadProblem } from './errors.js';
import type { RunClient } from '../run.js';

type Train = (run: RunClient) => unknown;

// Node's own notes about type stripping and module detection would open every log.
const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
  const text = typeof warning === 'string' ? warning : warning.message;
  if (/Type Stripping is an experimental|Module type of .* is not specified/s.test(text)) return;
  emitWarning(warning, ...rest);
}) as typeof process.emitWarning;

async function main(): Promise<void> {
  const given = process.argv[2];
  if (!given) {
    process.stderr.write('usage: module.cjs <module>\n');
    process.exit(2);
  }
  const file = resolve(given);
  // The program sees its own file as the first argument, as if it had been started directly.
  process.argv.splice(1, 2, file);
  const run = connectRun();
  provide(TRAINING_MODULE.name, join(__dirname, TRAINING_MODULE.file));

  const fail = (text: string): never => {
    process.stderr.write(`${text}\n`);
    // The one of the trial that it is at.
    connectRun().finish('failed', text);
    process.exit(1);
  };
  process.on('uncaughtException', (error: unknown) => fail(describeError(error)));
  process.on('unhandledRejection', (error: unknown) => fail(describeError(error)));

  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    return fail(loadProblem(error, file));
  }
  const train = findTrain(module);
  if (!train)
    return fail(
      `${file}: exports no training function. Add one, such as\n\n` +
        '  export default async function train(run) {\n    run.log({ loss: 1 }, { step: 0 });\n  }\n',
    );
  try {
    await train(run);
  } catch (error) {
    // An error that a stopped function throws on its way out, such as an AbortError, is no failure.
    if (connectRun().stopRequested === null || !isAbort(error)) return fail(describeError(error));
  }
  run.finish();
  await run.flush(500);
  // A timer or server that was left open must not keep a finished run alive.
  process.exit(0);
}

function findTrain(module: Record<string, unknown>): Train | null {
  // A CommonJS module's exports come as the default export of the import.
  const inner = module.default as Record<string, unknown> | undefined;
  for (const candidate of [module.default, module.train, inner?.default, inner?.train]) {
    if (typeof candidate === 'function') return candidate as Train;
  }
  return null;
}

function isAbort(error: unknown): boolean {
  return (
    error === 'stop' ||
    error === 'prune' ||
    error === 'pause' ||
    (error instanceof Error && error.name === 'AbortError')
  );
}

void main();
