/** The built-in trainer: trains the network described in the run's `run.json`, and then those of further trials. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { engine } from '@tensorflow/tfjs-core';
import { placeInFile } from '../experiment/file/place.js';
import { connectRun, type RunClient } from '../client/index.js';
import { fromRecord, workspaceOf } from '../files/runPaths.js';
import { inEnglish, said, verbatim } from '../format/said.js';
import type { Said } from '../protocol/said.js';
import { RUN_FILES, RunSpec } from '../protocol/run/runFolder.js';
import { automaticCommand } from './commands/automatic.js';
import { backendCommand } from './commands/backends.js';
import { PlacedError, TrainingError, saidOf } from './errors.js';
import { modelCommand } from './commands/models.js';
import { gradientWorker } from './parallel/worker.js';
import { rangeTestRun } from './rangeTest/index.js';
import { readNetwork, trainRun } from './loop/trainRun.js';
import { readReal, STATE_LIMIT } from '../files/real.js';

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (gradientWorker(args)) return;
  if (await automaticCommand(args)) return;
  if ((await backendCommand(args)) || (await modelCommand(args))) return;
  const connected = connectRun();
  if (!connected.enabled) {
    throw new TrainingError(said('the trainer is started by Tunesmith, for a run: use "tunesmith run FILE.tune.yaml"'));
  }
  // A search hands its trials to a process whose backend has started.
  for await (const { run } of connected.trials()) if (!(await work(run))) break;
  process.exit(0);
}

/** Executes a run. Returns true if this process is fit for another; one that failed ends. */
async function work(run: RunClient): Promise<boolean> {
  let spec: RunSpec | null = null;
  try {
    spec = await readSpec(run);
    const workspace = workspaceOf(run.folder);
    const folder = fromRecord(workspace, spec.file ? dirname(spec.file) : spec.cwd);
    const tensors = tensorCount();
    const completed = spec.rangeTest
      ? await rangeTestRun(run, spec, spec.rangeTest, folder)
      : await trainRun(run, spec, folder);
    run.finish(completed ? 'completed' : undefined);
    await run.flush();
    return leavesNothing(spec) && tensorCount() <= tensors;
  } catch (error) {
    const stopped = run.stopRequested !== null;
    if (!stopped) {
      const text = error instanceof PlacedError ? placed(error, run.folder, spec) : saidOf(error);
      console.error(error instanceof TrainingError ? `error: ${inEnglish(verbatim(text))}` : error);
      run.message('error', text);
      run.finish('failed', text);
    } else {
      run.finish();
    }
    await run.flush();
    process.exit(stopped ? 0 : 1);
  }
}

/** `memory()` needs a running backend. */
const tensorCount = (): number => engine().state.numTensors;

/** False if the run has loaded the person's own code, or has started threads or processes. */
function leavesNothing({ network, rangeTest }: RunSpec): boolean {
  const { workers, metrics, data } = readNetwork(network);
  return !rangeTest && workers <= 1 && metrics.module === null && data.kind !== 'images';
}

/** Returns the error's message with its place in the experiment file, which is read as it is now. */
function placed({ path, said: reason }: PlacedError, runFolder: string, spec: RunSpec | null): Said {
  const where = said('{0}: {1}', `network.${path.join('.')}`, reason);
  if (!spec?.file) return where;
  try {
    const file = fromRecord(workspaceOf(runFolder), spec.file);
    const { line, column } = placeInFile(readFileSync(file, 'utf8'), file, ['network', ...path]);
    return said('{0}: {1}', `${basename(file)}:${line}:${column}`, reason);
  } catch {
    return where;
  }
}

async function readSpec(run: RunClient): Promise<RunSpec> {
  const path = join(run.folder, RUN_FILES.spec);
  const parsed = RunSpec.safeParse(JSON.parse(readReal(path, STATE_LIMIT)));
  if (!parsed.success) throw new TrainingError(said("{0} can't be read: {1}", path, parsed.error.issues[0]?.message));
  return parsed.data;
}

main().catch((error: unknown) => {
  console.error(error instanceof TrainingError ? `error: ${error.message}` : error);
  process.exit(1);
});
