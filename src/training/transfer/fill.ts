/** Gives a network the weights of a trained one. */
import * as tf from '@tensorflow/tfjs-core';
import type { FromSettings, Network } from '../../experiment/network/index.js';
import { entryOf } from '../../protocol/values/records.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import { PlacedError } from '../errors.js';
import type { Model } from '../model.js';
import { keptCount, takesLayers } from './compose.js';
import type { Trained } from './types.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** A weight of the network and where its first values come from. */
export interface Matched {
  name: string;
  shape: number[];
  /** Name in the file; null: its initial values are random. */
  from: string | null;
}

/** Result of looking for the network's weights. */
export interface MatchTable {
  matched: Matched[];
  /** Weights of the file that no layer took. */
  left: { name: string; shape: number[] }[];
}

const MOST_LINES = 200;
const shapeOf = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Returns the table as lines. Names in it are the file's: escape them where they are shown. */
export function tableText({ matched, left }: MatchTable): string[] {
  const width = Math.min(60, Math.max(0, ...matched.map(({ name }) => name.length)));
  const lines = [
    ...matched.map(
      ({ name, shape, from }) =>
        `  ${name.padEnd(width)}  ${shapeOf(shape)}  ${from === null ? 'random' : `from ${from}`}`,
    ),
    ...left.map(({ name, shape }) => `  ${'(left)'.padEnd(width)}  ${shapeOf(shape)}  ${name}`),
  ];
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), `  … ${lines.length - MOST_LINES} more`] : lines;
}

/** Sets the weights that the trained network has. Throws PlacedError when they don't fit; the table says what came of it. */
export function fillModel(model: Model, { from }: Network, trained: Trained): MatchTable {
  if (!from) throw new Error('there is nothing to begin with');
  const table = takesLayers(from, trained) ? fillKept(model, from, trained) : fillByName(model, from, trained);
  return table;
}

function fillKept(model: Model, from: FromSettings, trained: Trained & { layers: unknown[] }): MatchTable {
  const kept = keptCount(from, trained as Trained & { layers: NonNullable<Trained['layers']> });
  const theirs = new Map(trained.weights.map((weight) => [weight.name, weight]));
  const taken = new Set<string>();
  const matched = model.layers.flatMap((layer, index) =>
    layer.weights.map(({ name, variable }): Matched => {
      if (index >= kept) return { name, shape: variable.shape, from: null };
      const found = theirs.get(name);
      if (found?.shape.join() !== variable.shape.join()) {
        throw new PlacedError(
          ['from'],
          found
            ? misfit(trained, name, found.shape, variable.shape)
            : said('{0} is damaged: it has no weights for {1}', trained.source, name),
        );
      }
      assign(variable, found);
      taken.add(name);
      return { name, shape: variable.shape, from: name };
    }),
  );
  return { matched, left: trained.weights.filter(({ name }) => !taken.has(name)) };
}

function misfit({ source, inputShape }: Trained, name: string, theirs: number[], ours: number[]): Said {
  const [there, here] = [shapeOf(theirs), shapeOf(ours)];
  return inputShape
    ? said(
        '{0} does not fit these data: {1} is {2} there and {3} here; it was made for inputs of {4}',
        source,
        name,
        there,
        here,
        inputShape.join('×'),
      )
    : said('{0} does not fit these data: {1} is {2} there and {3} here', source, name, there, here);
}

/** Matches by name: the one that `names` gives, else our own. Dense kernels of PyTorch are transposed. */
function fillByName(model: Model, from: FromSettings, trained: Trained): MatchTable {
  const theirs = new Map(trained.weights.map((weight) => [weight.name, weight]));
  const stray = Object.keys(from.names).find((name) => !model.weights.some((weight) => weight.name === name));
  if (stray !== undefined) {
    throw new PlacedError(
      ['from', 'names', stray],
      said(
        'the network has no weight "{0}"; it has {1}',
        stray,
        model.weights
          .map(({ name }) => name)
          .slice(0, 20)
          .join(', '),
      ),
    );
  }
  const taken = new Set<string>();
  const wrong: string[] = [];
  const found = model.weights.map(({ name, variable }): { matched: Matched; values: SavedWeight | null } => {
    const own = entryOf(from.names, name) ?? name;
    const weight = theirs.get(own);
    const values = weight ? laidOut(weight, variable.shape) : null;
    if (weight) taken.add(own);
    if (weight && !values)
      wrong.push(`${name} is ${shapeOf(variable.shape)} here, ${own} ${shapeOf(weight.shape)} there`);
    return { matched: { name, shape: variable.shape, from: values ? own : null }, values };
  });
  const table = {
    matched: found.map(({ matched }) => matched),
    left: trained.weights.filter(({ name }) => !taken.has(name)),
  };
  const missing = table.matched.filter((one) => one.from === null);
  const none = missing.length === table.matched.length;
  if (wrong.length > 0 || none || (missing.length > 0 && from.missing === 'refuse')) {
    const why =
      wrong.length > 0
        ? said('the shapes differ: {0}', wrong.slice(0, 3).join('; '))
        : none
          ? said('no names match: give them under "names"')
          : said('{0} weights are not there: give their names under "names", or set missing: init', missing.length);
    throw new PlacedError(
      ['from'],
      said('{0} does not fit: {1}\n{2}', trained.source, why, tableText(table).join('\n')),
    );
  }
  found.forEach(({ values }, i) => values && assign(model.weights[i]!.variable, values));
  return table;
}

/** PyTorch's order of axes, by number of axes, as a permutation to ours: [out, in], [out, in, time], [out, in, height, width]. */
const TORCH: Readonly<Record<number, number[]>> = { 2: [1, 0], 3: [2, 1, 0], 4: [2, 3, 1, 0] };

/** Returns the values in our order of axes; null: the shapes differ. Names that end in `.weight` are PyTorch's. */
function laidOut(weight: SavedWeight, shape: readonly number[]): SavedWeight | null {
  const order = /\.weight$/.test(weight.name) ? TORCH[weight.shape.length] : undefined;
  if (!order) return weight.shape.join() === shape.join() ? weight : null;
  const turned = order.map((axis) => weight.shape[axis]!);
  if (turned.join() !== shape.join()) return null;
  const values = tf.tidy(() =>
    tf.transpose(tf.tensor(weight.values, weight.shape, 'float32'), order).dataSync(),
  ) as Float32Array;
  return { name: weight.name, shape: turned, values };
}

function assign(variable: tf.Variable, { values }: SavedWeight): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
}
