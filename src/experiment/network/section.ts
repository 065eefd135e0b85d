/** Schema of the `network:` section, in two versions: as a person writes it, and with the parameters filled in. */
import { z } from 'zod';
import { autoSchema, automaticFields } from './automatic.js';
import { architectureSchema } from './architecture.js';
import { augmentSchema, mixupSchema } from './data/augment.js';
import { layersOrName } from './layers/blockNames.js';
import { blocksSchema } from './layers/blocks.js';
import { dataSchema } from './data/index.js';
import { constraintSchema } from './training/constraint.js';
import { decomposeSchema } from './trained/decompose.js';
import { distilSchema } from './trained/distil.js';
import { earlyStoppingSchema } from './training/earlyStopping.js';
import { federatedSchema } from './training/federated.js';
import { freezeSchema, ratesSchema } from './trained/freeze.js';
import { fromSchema } from './trained/from.js';
import { hypergradientSchema } from './training/hypergradient.js';
import { flag, kitOf, number, oneOf, whole } from './kit.js';
import { layerSchema } from './layers/index.js';
import { lossSchema } from './training/loss.js';
import { metaSchema } from './training/meta.js';
import { metricsSchema } from './training/metrics.js';
import { optimizerSchema } from './training/optimizer.js';
import { pruneSchema } from './trained/prune.js';
import { quantiseSchema } from './trained/quantise.js';
import { regularizationSchema } from './training/regularization.js';
import { scheduleSchema } from './training/schedule.js';
import { transformSchema } from './trained/transform.js';

export const BACKENDS = ['auto', 'tfjs-node-gpu', 'tensorflow-python', 'webgpu', 'tfjs-node', 'wasm', 'cpu'] as const;

/** Builds the section's schema. With `placeholders`, any scalar may be a `"{param}"` placeholder instead. */
function schema(placeholders: boolean) {
  const kit = kitOf(placeholders);
  const { p, optional } = kit;
  const fraction = number('validation')
    .gt(0, 'validation must be above 0')
    .lt(1, 'validation must be below 1: it is a fraction of the training examples');

  return z.strictObject({
    data: dataSchema(kit).describe(
      'What to train on: `mnist`, or `csv`, `idx`, `npy`, `npz` or `images` in the workspace.',
    ),
    validation: optional(fraction).describe(
      'Fraction of the training examples to evaluate on. Default: the files or test set given with the data, else 0.2.',
    ),
    folds: optional(whole('folds', 2)).describe(
      'Cross-validation: splits the training examples into this many folds, and trains one network per fold, validated on that fold. ' +
        'Metrics are means over the folds; `val/…_std` is their standard deviation, `fold1/…` are the metrics of one fold.',
    ),
    fold: optional(whole('fold')).describe(
      'Trains only this one of the `folds`, counted from 1, so that a search can use folds as repeats. Default: all.',
    ),
    from: fromSchema(kit)
      .nullish()
      .describe('Begins with a trained network: a run’s, or a file’s. Default: random weights.'),
    distil: distilSchema(kit)
      .nullish()
      .describe('Knowledge distillation: a trained network teaches this one. Default: none.'),
    freeze: freezeSchema(kit).nullish().describe('Layers that do not learn. Default: none.'),
    rates: ratesSchema(kit).nullish().describe('Learning rates by layer, as factors of the learning rate. Default: 1.'),
    layers: layersOrName(
      z
        .array(layerSchema(kit), { error: 'layers must be a list, one layer per entry' })
        .min(1, 'layers must name at least one layer'),
    )
      .optional()
      .describe('The network, layer by layer. Default for CSV files: two dense layers, as wide as the data suggest.'),
    blocks: blocksSchema(layerSchema(kit), kit)
      .optional()
      .describe(
        'Named lists of layers. A name can stand wherever a layer or a list of layers can: `layers: "{architecture}"`, ' +
          'where `architecture` is a hyperparameter with names as its values, lets a search choose the architecture.',
      ),
    ...(placeholders && { auto: autoSchema.optional() }),
    architecture: architectureSchema(layerSchema(kit), kit)
      .nullish()
      .describe(
        'Instead of `layers`: a chain with places at which one of several lists of layers is chosen, by gradients (DARTS) or at random, before the network is trained.',
      ),
    ...automaticFields(kit),
    loss: lossSchema(kit).optional(),
    optimizer: optimizerSchema(kit).optional(),
    schedule: scheduleSchema(kit)
      .nullish()
      .describe('Learning rate schedule. Default: constant; for tables without `epochs`: cosine.'),
    clip: z
      .strictObject({
        norm: optional(number('norm').positive('norm must be above 0')).describe('Largest norm of the gradient.'),
        value: optional(number('value').positive('value must be above 0')).describe(
          'Largest absolute value of each component.',
        ),
      })
      .nullish()
      .describe('Clips gradients to prevent steps that are too long.'),
    accumulate: optional(whole('accumulate')).describe(
      'Gradient accumulation: batches per optimizer step, for batches larger than memory. Default: 1.',
    ),
    ema: optional(number('ema').gt(0, 'ema must be above 0').lt(1, 'ema must be below 1')).describe(
      'Evaluates and saves a moving average of the weights with this decay, such as 0.999. Default: the weights.',
    ),
    earlyStopping: earlyStoppingSchema(kit)
      .nullish()
      .describe('Stops the training when it no longer improves. Default: off.'),
    metrics: metricsSchema(kit).nullish().describe('Additional metrics, measured after every epoch.'),
    diagnostics: optional(flag('diagnostics')).describe(
      'Logs the size of gradients, updates and activations of every layer once per epoch. Default: false.',
    ),
    warnings: optional(flag('warnings')).describe(
      'Warns when training goes wrong: vanishing or exploding gradients, dead units, overfitting and more. Default: true.',
    ),
    regularization: regularizationSchema(kit)
      .nullish()
      .describe('Penalties and bounds on weights; layers can override them. Default: none.'),
    constraint: constraintSchema(kit)
      .nullish()
      .describe('Constraints: the loss is minimized subject to these bounds. Default: none.'),
    hypergradient: hypergradientSchema(kit)
      .nullish()
      .describe('Tunes hyperparameters by gradients while the network trains. Default: none.'),
    federated: federatedSchema(kit)
      .nullish()
      .describe('Federated averaging: clients train separately, and their weights are averaged. Default: none.'),
    meta: metaSchema(kit)
      .nullish()
      .describe(
        'Meta-learning: finds starting weights from which a new task is learned with few examples. Default: none.',
      ),
    augment: augmentSchema(kit)
      .nullish()
      .describe('Augmentation: random changes of the training images. Default: none.'),
    mixup: mixupSchema(kit).describe(
      'Mixes each training example with another, with shares from a Beta(mixup, mixup) distribution, such as 0.2. Default: 0 (off).',
    ),
    decompose: decomposeSchema(kit)
      .nullish()
      .describe(
        'Replaces the kernels of the trained network by low-rank factors and retrains them, or names its parts. Default: off.',
      ),
    transform: transformSchema(kit)
      .nullish()
      .describe(
        'Smooths the mapping while it trains, normalises or whitens inputs of layers, or trains one part after the other. Default: off.',
      ),
    prune: pruneSchema(kit)
      .nullish()
      .describe('Removes the least important parts of the trained network and retrains the rest. Default: off.'),
    quantise: quantiseSchema(kit)
      .nullish()
      .describe('Rounds the weights of the trained network to few bits and saves them in one byte each. Default: off.'),
    batchSize: p(whole('batchSize')).optional().describe('Examples per step. Default: 32.'),
    epochs: p(whole('epochs', 0))
      .optional()
      .describe(
        'Passes over the training examples. Default: 10; for tables as many as give about 2,500 steps, up to 300. 0, with `prune`, `decompose`, `transform`, `quantise` or `from: { join }`: no training before it.',
      ),
    shuffle: optional(flag('shuffle')).describe('Shuffles the examples every epoch. Default: true.'),
    seed: optional(whole('seed', 0)).describe(
      'Makes a run reproducible on the same backend. Default: the seed of the run.',
    ),
    logEvery: optional(whole('logEvery')).describe('Steps between two points of `loss`. Default: chosen by speed.'),
    checkpoint: optional(flag('checkpoint')).describe(
      'Saves checkpoints to resume from, and the trained network at the end. Default: true.',
    ),
    workers: optional(whole('workers').max(64, 'workers must be at most 64')).describe(
      'Number of workers that share each batch and average their gradients. Default: 1.',
    ),
    backend: optional(oneOf('backend', BACKENDS)).describe(
      'Backend for the computations. Default: auto, the fastest one for this network.',
    ),
  });
}

/** Schema of the section as a person writes it, where scalars may be placeholders. The JSON Schema is made from it. */
export const NetworkTemplate = schema(true);
/** Schema of the section after the run's parameters are filled in. */
export const NetworkFile = schema(false);
export type WrittenNetwork = z.output<typeof NetworkFile>;
