/**
 * Defaults that follow the data: how long a table is trained, with which schedule, and by which network if the section
 * names none.
 */
import {
  bodyLayers,
  kindOfShape,
  normalizeLayers,
  normalizeLoss,
  normalizeSchedule,
  type LossName,
  type Network,
} from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { TrainingError } from '../errors.js';
import { isOneOutput } from '../losses/index.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** Optimizer steps after which a small table is learned, at the default learning rate. */
const STEPS = 2500;
const EPOCHS = { least: 10, most: 300 };
/** Widths of the hidden layers: as a power of two, about as many units as the square root of the numbers to learn from. */
const WIDTH = { least: 32, most: 256 };
/** Epochs of pictures and sequences whose layers follow the data. */
const PICTURE_EPOCHS = 20;
/** Dropout rate: a network would otherwise learn the noise of a small table by heart. */
const DROPOUT = 0.2;

/** Returns the loss that says what the targets are; null: the data say so. */
export const lossKnown = ({ open, loss }: Network): LossName | null => (open.includes('loss') ? null : loss.name);

/**
 * Returns the network with the settings that the section leaves open, and sentences about them. Throws TrainingError
 * when it names no layers and the examples are not rows of numbers.
 */
export function followData(network: Network, dataset: Dataset): { network: Network; choices: Said[] } {
  const { open } = network;
  const table = dataset.inputShape.length === 1;
  const choices: Said[] = [];
  let settled = network;
  if (open.includes('loss')) {
    const name = dataset.task === 'classification' ? 'crossEntropy' : 'mse';
    settled = { ...settled, loss: normalizeLoss(name) };
    choices.push(
      dataset.classes
        ? said(
            'loss: {0}, because the targets are {1} classes ("task" in the data says otherwise)',
            name,
            dataset.classes.length,
          )
        : said('loss: {0}, because the targets are numbers ("task" in the data says otherwise)', name),
    );
  }
  const { body } = network;
  if (body && open.includes('layers')) {
    const { inputShape, outputs } = dataset;
    const layers = normalizeLayers(bodyLayers(body, inputShape, outputs));
    settled = { ...settled, layers, ...(!table && open.includes('epochs') && { epochs: PICTURE_EPOCHS }) };
    const kind = body.kind === 'auto' ? kindOfShape(inputShape) : body.kind;
    choices.push(
      said(
        'layers: those of a body of {0}, for examples of {1} and {2} output(s)',
        kind,
        inputShape.join('×'),
        outputs,
      ),
    );
  } else if (open.includes('layers')) {
    if (!table) throw new TrainingError(said('layers is missing: only for tables there is a default network'));
    const units = widthFor(dataset);
    const outputs = isOneOutput(dataset, dataset.outputs) ? 1 : dataset.outputs;
    const hidden = { dense: { units, activation: 'relu' as const, init: 'heUniform' as const } };
    settled = {
      ...settled,
      layers: normalizeLayers([hidden, { dropout: DROPOUT }, hidden, { dropout: DROPOUT }, { dense: outputs }]),
    };
    choices.push(
      said(
        'layers: two dense layers of {0} units with ReLU and dropout {1}, then {2} output(s)',
        units,
        DROPOUT,
        outputs,
      ),
    );
  }
  // Epochs of meta-learning consist of tasks.
  if (table && !network.meta && open.includes('epochs')) {
    const perEpoch = Math.ceil(dataset.train.count / Math.min(network.batchSize, dataset.train.count));
    const epochs = Math.min(EPOCHS.most, Math.max(EPOCHS.least, Math.round(STEPS / perEpoch)));
    settled = { ...settled, epochs };
    choices.push(said('epochs: {0}, which is {1} steps', epochs, epochs * perEpoch));
    if (open.includes('schedule')) {
      settled = { ...settled, schedule: normalizeSchedule({ name: 'cosine', warmup: epochs / 50 }) };
      choices.push(said('schedule: cosine, with a short warm-up'));
    }
  }
  return { network: settled, choices };
}

function widthFor({ train, inputShape }: Dataset): number {
  const wanted = 2 ** Math.round(Math.log2(Math.sqrt(train.count * inputShape[0]!)));
  return Math.min(WIDTH.most, Math.max(WIDTH.least, wanted));
}
