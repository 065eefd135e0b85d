/** The trainer's side of `tunesmith auto`: looks at the data before the search, and at the networks after it. */
import { readFileSync } from 'node:fs';
import { AutoTask, type AutoLine } from '../../protocol/trainer/automatic.js';
import { validateNetwork } from '../../experiment/network/index.js';
import { chooseBackend, requestedBackend, startBackend } from '../backends/index.js';
import { TrainingError, toldOf } from '../errors.js';
import { findBest, withRefitted } from '../ensemble/find.js';
import { lookAt } from '../ensemble/look.js';
import { loadRuns } from '../ensemble/runs.js';
import { refit } from '../ensemble/refit.js';
import { predictTogether } from '../ensemble/predict.js';
import { checkOutput } from '../files/output.js';
import { said, verbatim } from '../../format/said.js';

const say = (line: AutoLine) => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Executes the arguments' command; returns false when they don't contain one. The task is JSON in a file. */
export async function automaticCommand([command, file = '']: readonly string[]): Promise<boolean> {
  if (command !== '--automatic') return false;
  try {
    const task = AutoTask.parse(JSON.parse(readFileSync(file, 'utf8')));
    const aborter = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => aborter.abort(new TrainingError(said('it was stopped'))));
    }
    await work(task, aborter.signal);
    process.stdout.write('', () => process.exit(0));
  } catch (error) {
    say({ type: 'error', ...toldOf(error) });
    process.stdout.write('', () => process.exit(1));
  }
  return true;
}

async function work(task: AutoTask, signal: AbortSignal): Promise<void> {
  const onProgress = (fraction: number | null, text: string) => say({ type: 'progress', fraction, text });
  if (task.type === 'look') {
    const { network, problems } = validateNetwork(task.network);
    if (!network)
      throw new TrainingError(
        verbatim(problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')),
      );
    return say({ type: 'looked', ...(await lookAt(network, task.folder, signal)) });
  }
  if (task.type === 'predict') await checkOutput(task.output, task.force);
  const { evaluationBatch: batch } = await startBackend(await chooseBackend(requestedBackend(null)));
  if (task.type === 'predict') {
    const done = await predictTogether({ ...task, batch, signal, onProgress });
    return say({ type: 'predictedTogether', file: task.output, ...done });
  }
  const loaded = await loadRuns({ runs: task.runs, batch, signal, onProgress });
  try {
    const best = findBest(loaded);
    const members = best.ensemble?.members ?? [{ run: best.best.run, weight: 1 }];
    members.sort((a, b) => b.weight - a.weight);
    const refitted =
      task.refit > 0 ? await refit({ loaded, members, seconds: task.refit, batch, signal, onProgress }) : null;
    const found = withRefitted(best, refitted, loaded);
    say({ type: 'found', ...found, network: { ...found.network }, left: loaded.left });
  } finally {
    loaded.members.forEach(({ model }) => model.dispose());
  }
}
