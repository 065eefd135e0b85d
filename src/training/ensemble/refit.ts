/** Trains networks that were chosen again, on the validation examples too: nothing is left to choose by them. */
import { join } from 'node:path';
import { saveWeights } from '../checkpoints/checkpoint.js';
import { loadSaved, savedMetadata, wholeFile } from '../checkpoints/saved.js';
import { SavedModel } from '../checkpoints/savedModel.js';
import { Training, type TrainingLog } from '../loop/train.js';
import { predictions, wholeOf, type Loaded } from './runs.js';
import { averaged, type Predictions } from './select.js';

export interface Refit {
  loaded: Loaded;
  /** Runs, the most important first, with their weights. */
  members: readonly { run: string; weight: number }[];
  /** Seconds that it may take; what would take longer is not begun. */
  seconds: number;
  batch: number;
  signal: AbortSignal;
  onProgress(fraction: number | null, text: string): void;
}

export interface Refitted {
  /** `copies`: trainings with different seeds, whose predictions are averaged; 0: there was no time for one. */
  members: { run: string; weight: number; copies: number }[];
  /** Predictions for the test part; null: there is none. */
  test: Predictions | null;
}

/** Trainings of each network; more hardly help. */
const MOST_COPIES = 4;
/** Multiple of the time that is left in which a training that has begun must end. */
const PATIENCE = 1.5;

/** Returns null if there was no time for the first of the members. */
export async function refit(task: Refit): Promise<Refitted | null> {
  const { loaded, members, seconds, signal, onProgress } = task;
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const done = members.map((member) => ({ ...member, copies: 0, test: [] as Predictions[] }));
  const times = new Map<string, number>();
  for (let copy = 1; copy <= MOST_COPIES; copy++) {
    for (const [i, member] of done.entries()) {
      signal.throwIfAborted();
      const { epoch } = loaded.members.find((one) => one.run === member.run)!.model.saved;
      // Its number of epochs is unknown, and early stopping needs the validation examples to find it.
      if (!epoch) continue;
      // The first training tells how long another takes.
      const expected = times.get(member.run) ?? Math.max(0, ...times.values());
      if (elapsed() + expected > seconds) continue;
      onProgress(elapsed() / seconds, `training on all examples: ${i + 1} of ${done.length}`);
      const start = elapsed();
      const until = began + 1000 * (start + PATIENCE * (seconds - start));
      const test = await trainOn({ ...task, run: member.run, epoch, copy, until });
      times.set(member.run, elapsed() - start);
      if (test === 'late') return summary(done, loaded);
      member.copies++;
      if (test) member.test.push(test);
    }
  }
  return summary(done, loaded);
}

function summary(
  done: readonly (Refitted['members'][number] & { test: Predictions[] })[],
  { members }: Loaded,
): Refitted | null {
  if (!done[0]?.copies) return null;
  const all = done.flatMap(({ run, weight, copies, test }) => {
    const before = members.find((one) => one.run === run)!.test;
    const own = copies > 0 ? test : before ? [before] : [];
    return own.map((one) => ({ ...one, weight: weight / own.length }));
  });
  return {
    members: done.map(({ run, weight, copies }) => ({ run, weight, copies })),
    test: all.length > 0 ? averaged(all) : null,
  };
}

/** Returns the predictions for the test part (null: none); `late`: it took too long, and nothing is saved. */
async function trainOn({
  loaded,
  run,
  epoch,
  copy,
  until,
  batch,
}: Refit & { run: string; epoch: number; copy: number; until: number }): Promise<Predictions | null | 'late'> {
  const member = loaded.members.find((one) => one.run === run)!;
  const { saved } = member.model;
  const { dataset, test } = await wholeOf(member.parts, saved.network);
  // The schedule is that of the whole training, but it ends with the epoch whose weights were kept.
  const network = { ...saved.network, earlyStopping: null };
  const last = Math.min(network.epochs, epoch);
  const training = new Training({ ...SILENT, network, dataset, seed: copy });
  try {
    const began = performance.now();
    while (training.epochs < last) {
      if ((await training.advance()) !== 'more') break;
      const each = (performance.now() - began) / training.epochs;
      const affordable = training.epochs + Math.floor((until - performance.now()) / each);
      if (affordable < last) return 'late';
      // The best number of epochs is not shortened; a training that was cut off before may be again.
    }
    const path = join(member.folder, wholeFile(copy));
    await saveWeights(path, await training.weights(), savedMetadata(network, dataset, training.epochs));
  } finally {
    training.dispose();
  }
  if (!test) return null;
  const model = new SavedModel(await loadSaved(member.folder, { copy }));
  try {
    return await predictions(model, test.validation, batch);
  } finally {
    model.dispose();
  }
}

const LOG: TrainingLog = {
  log: () => undefined,
  progress: () => undefined,
  info: () => undefined,
  message: () => undefined,
  stopRequested: null,
};
const SILENT = {
  log: LOG,
  cheapReads: true,
  evaluationBatch: 200,
  workers: null,
  ownMetrics: [],
  start: null,
  teacher: null,
  tasks: null,
};
