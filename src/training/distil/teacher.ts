/** A trained network that teaches: its outputs for batches of the training, kept where they stay the same. */
import { isDeepStrictEqual } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { normalizeFrom, type DistilSettings, type Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { PlacedError } from '../errors.js';
import type { BatchValues } from '../loop/batches.js';
import { buildLayers, withoutContained, type Model } from '../model.js';
import { Random } from '../random.js';
import { fillModel } from '../transfer/fill.js';
import type { Trained } from '../transfer/types.js';
import { featureLayer } from './student.js';
import { said } from '../../format/said.js';

/** Size limit in bytes of cached outputs; beyond it, they are computed again in each epoch. */
const MOST_KEPT = 512e6;
const AT = ['distil', 'teacher'];

export class Teacher {
  private readonly model: Model;
  /** Layer whose outputs are compared; null: the network's own. */
  private readonly layer: number | null;
  /** Values that one example has there. */
  private readonly width: number;
  /** Map from the inputs of this training to those that the teacher has seen; null: they are the same. */
  private readonly rescale: { factor: number; offset: number } | null;
  private kept: { values: Float32Array; known: Uint8Array } | null = null;
  /** Number of batches that the teacher has computed. */
  computed = 0;

  constructor(
    trained: Trained,
    settings: DistilSettings,
    network: Network,
    private readonly dataset: Dataset,
  ) {
    const { layers, source } = trained;
    if (!layers) throw new PlacedError(AT, said("{0} holds weights alone, so it can't teach: name a network", source));
    checkData(trained, dataset);
    this.model = buildLayers(withoutContained({ ...network, layers }), dataset.inputShape, new Random(0));
    try {
      fillModel(this.model, { ...network, from: normalizeFrom('teacher') }, trained);
      this.layer =
        settings.distance === 'features'
          ? featureLayer(this.model, settings.features?.teacher ?? null, trained.aliases, 'teacher')
          : null;
    } catch (error) {
      this.model.dispose();
      throw error instanceof PlacedError && error.path[0] === 'from' ? new PlacedError(AT, error.said) : error;
    }
    const shape = this.model.layers.at(this.layer ?? -1)!.outputShape;
    this.width = shape.reduce((a, b) => a * b, 1);
    this.rescale = rescaling(trained, dataset);
    const fixed = network.augment === null && network.mixup === 0;
    const { count } = dataset.train;
    if (fixed && count * this.width * 4 <= MOST_KEPT) {
      this.kept = { values: new Float32Array(count * this.width), known: new Uint8Array(count) };
    }
  }

  /** Number of outputs; the student must have as many, unless layers within are compared. */
  get outputs(): number {
    return this.model.outputs;
  }

  /** Adds the teacher's outputs to a batch of the examples with these indexes, as the student sees them. */
  async teach(batch: BatchValues, examples: Int32Array): Promise<BatchValues> {
    const { kept, width } = this;
    if (!kept || !examples.every((example) => kept.known[example])) {
      const teacher = await this.compute(batch);
      examples.forEach((example, i) => {
        kept?.values.set(teacher.subarray(i * width, (i + 1) * width), example * width);
        if (kept) kept.known[example] = 1;
      });
      return { ...batch, teacher };
    }
    const teacher = new Float32Array(batch.count * width);
    examples.forEach((example, i) =>
      teacher.set(kept.values.subarray(example * width, (example + 1) * width), i * width),
    );
    return { ...batch, teacher };
  }

  private async compute({ inputs, count }: BatchValues): Promise<Float32Array> {
    this.computed++;
    const outputs = tf.tidy(() => {
      const given = tf.tensor(inputs, [count, ...this.dataset.inputShape]);
      const { rescale } = this;
      const seen = rescale ? tf.add(tf.mul(given, rescale.factor), rescale.offset) : given;
      let within: tf.Tensor | null = null;
      const watch = (layer: number, output: tf.Tensor) => void (layer === this.layer && (within = output));
      const last = this.model.forward(seen, { training: false, random: new Random(0), watch });
      return tf.reshape(within ?? last, [-1]);
    });
    const values = Float32Array.from(await outputs.data());
    outputs.dispose();
    return values;
  }

  dispose(): void {
    this.model.dispose();
    this.kept = null;
  }
}

function checkData({ data, inputShape, source }: Trained, dataset: Dataset): void {
  if (inputShape && inputShape.join() !== dataset.inputShape.join()) {
    throw new PlacedError(
      AT,
      said('{0} takes inputs of {1}, but these are {2}', source, inputShape.join('×'), dataset.inputShape.join('×')),
    );
  }
  if (!data) return;
  if (!isDeepStrictEqual(data.classes, dataset.classes)) {
    throw new PlacedError(
      AT,
      said('{0} was trained on other classes, or on other targets, than these data have', source),
    );
  }
  const columns = (of: { preparation: Record<string, unknown> }): unknown =>
    JSON.parse(JSON.stringify(of.preparation.columns ?? null));
  if (!isDeepStrictEqual(columns(data), columns(dataset))) {
    throw new PlacedError(
      AT,
      said('{0} was trained on columns that were prepared otherwise: train it on these data', source),
    );
  }
  if (!isDeepStrictEqual(data.targetScale, dataset.targetScale)) {
    throw new PlacedError(AT, said('{0} learned targets in another scale: train it on these data', source));
  }
}

/** Both scales are linear maps of the same raw numbers. */
function rescaling({ data }: Trained, { inputScale: own }: Dataset): { factor: number; offset: number } | null {
  if (!data) return null;
  const { inputScale: theirs } = data;
  const factor = theirs.factor / own.factor;
  const offset = theirs.offset - own.offset * factor;
  return factor === 1 && offset === 0 ? null : { factor, offset };
}
