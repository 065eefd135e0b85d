/** Examines a trained network: explains predictions, attacks it, corrupts its inputs, and measures its calibration. */
import * as tf from '@tensorflow/tfjs-core';
import { EXAMINED, type Examined, type ExamineSettings } from '../../protocol/trainer/examined.js';
import { lossShape, buildLoss } from '../losses/index.js';
import { TrainingError } from '../errors.js';
import type { Examples } from '../data/types.js';
import type { SavedModel } from '../checkpoints/savedModel.js';
import { attacked } from './attacks.js';
import { attribute, type Attribution } from './attributions.js';
import { calibrate, type Outputs } from './calibration.js';
import { corrupted } from './corruptions.js';
import { MediaJournal } from './journal.js';
import { picture } from './pictures.js';
import { levelPlot, inputPlot, reliabilityPlot } from './plots.js';
import { accuracyOf, namesOf, needClasses, needNumbers, readExamples, type Subject } from './subject.js';
import { said } from '../../format/said.js';

export interface ExamineContext {
  /** Batch size. */
  batch: number;
  signal: AbortSignal;
  onProgress(fraction: number | null, text: string): void;
}

/** `runFolder`: pictures and plots become media of this run. */
export async function examine(
  model: SavedModel,
  runFolder: string,
  examples: Examples,
  settings: ExamineSettings,
  context: ExamineContext,
): Promise<Examined> {
  check(model, settings);
  const loss = buildLoss(model.saved.network.loss, model.dataset, model.model.outputs);
  const tensors = tf.memory().numTensors;
  const media = new MediaJournal(runFolder);
  let doing = '';
  const pause = (): Promise<void> => {
    context.onProgress(null, doing);
    context.signal.throwIfAborted();
    // Signals are delivered between two batches.
    return new Promise((resolve) => setImmediate(resolve));
  };
  try {
    const found: Examined = {
      explained: [],
      inputs: [],
      attacks: [],
      corruptions: [],
      clean: null,
      calibration: null,
      media: 0,
    };
    const subject = async (most: number): Promise<Subject> => ({
      ...(await readExamples(model, examples, most, context.batch)),
      model,
      loss,
      pause,
    });
    if (settings.attack.length > 0 || settings.corrupt) {
      const some = await subject(settings.examples);
      const plain = ({ inputs, count }: { inputs: Float32Array; count: number }) =>
        tf.tensor(inputs, [count, ...model.dataset.inputShape]);
      doing = 'evaluating';
      const accuracy = await accuracyOf(some, plain);
      found.clean = { accuracy, examples: some.order.length };
      doing = 'attacking';
      if (settings.attack.length > 0) {
        found.attacks = await attacked(some, settings.attack);
        await media.plot(EXAMINED.attacks, levelPlot(found.attacks, found.clean.accuracy, 'strength'));
      }
      doing = 'corrupting';
      if (settings.corrupt) {
        found.corruptions = await corrupted(some);
        await media.plot(EXAMINED.corruptions, levelPlot(found.corruptions, null, 'level'));
      }
    }
    if (settings.calibrate) {
      doing = 'measuring the calibration';
      found.calibration = calibrate(await outputsOf(await subject(examples.count)));
      await media.plot(EXAMINED.reliability, reliabilityPlot(found.calibration.bins));
    }
    if (settings.explain > 0) {
      doing = 'explaining';
      await explain(await subject(settings.explain), found, media);
    }
    found.media = media.close();
    const more = tf.memory().numTensors - tensors;
    if (more > 0) throw new Error(`internal error: ${more} tensors were not released; please report this`);
    return found;
  } finally {
    loss.dispose();
  }
}

function check(model: SavedModel, settings: ExamineSettings): void {
  const { saved } = model;
  if (settings.attack.length > 0 || settings.corrupt) needClasses(model, said('an attack or a corruption'));
  if (settings.attack.length > 0 || settings.corrupt || settings.explain > 0) needNumbers(model);
  if (!settings.calibrate) return;
  needClasses(model, said('calibration'));
  const { contains } = lossShape(saved.network.loss);
  if (contains !== 'softmax' && !(contains === 'sigmoid' && model.model.outputs === 1)) {
    throw new TrainingError(
      said(
        'calibration needs probabilities of classes, which a network of loss {0} does not give',
        saved.network.loss.name,
      ),
    );
  }
}

/** Returns the outputs before the softmax of all examples. */
async function outputsOf({ model, batches, pause }: Subject): Promise<Outputs> {
  const logits: number[][] = [];
  const actual: number[] = [];
  for (const { inputs, targets, count } of batches) {
    await pause();
    const raw = tf.tidy(() => model.raw(tf.tensor(inputs, [count, ...model.dataset.inputShape])));
    const values = await raw.data();
    raw.dispose();
    const [width, classes] = [values.length / count, targets.length / count];
    for (let i = 0; i < count; i++) {
      logits.push(Array.from(values.subarray(i * width, (i + 1) * width)));
      actual.push(targets.subarray(i * classes, (i + 1) * classes).indexOf(1));
    }
  }
  return { logits, actual };
}

/** Largest attribution that counts as none, for the relative gap. */
const LEAST = 1e-6;

async function explain(subject: Subject, found: Examined, media: MediaJournal): Promise<void> {
  const { model, batches, order, range, pause } = subject;
  const { inputShape, classes } = model.dataset;
  const { logits, actual } = await outputsOf(subject);
  const width = inputShape.reduce((a, b) => a * b, 1);
  const names = namesOf(model);
  const importance = new Float64Array(width);
  const inputs = batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, i) => batch.inputs.slice(i * width, (i + 1) * width)),
  );
  for (const [i, x] of inputs.entries()) {
    await pause();
    const predicted = classes ? predictedClass(logits[i]!) : 0;
    // The only output of two classes speaks for the second one.
    const index = classes && model.model.outputs === 1 ? predicted - 1 : predicted;
    const result: Attribution = await attribute(model, x, range.baseline, index);
    const change = result.output - result.baseline;
    const sum = result.integrated.reduce((total, value) => total + value, 0);
    found.explained.push({
      example: order[i]! + 1,
      actual: classes ? classes[actual[i]!]! : null,
      predicted: classes ? classes[predicted]! : null,
      output: result.output,
      baseline: result.baseline,
      gap: Math.abs(sum - change) / Math.max(Math.abs(change), LEAST),
    });
    result.integrated.forEach((value, at) => (importance[at]! += Math.abs(value) / inputs.length));
    if (inputShape.length > 1) {
      const bounds = range.bounds ?? [-2, 2];
      await media.picture(EXAMINED.explanation, order[i]! + 1, await picture(x, inputShape, bounds, result));
    }
  }
  if (inputShape.length > 1) return;
  found.inputs = Array.from(importance, (value, at) => ({ name: names?.[at] ?? `${at + 1}`, importance: value })).sort(
    (a, b) => b.importance - a.importance,
  );
  await media.plot(EXAMINED.inputs, inputPlot(found.inputs));
}

function predictedClass(logits: readonly number[]): number {
  if (logits.length === 1) return logits[0]! > 0 ? 1 : 0;
  return logits.indexOf(Math.max(...logits));
}
