/** Rounds the weights of a trained network, and says what that costs. */
import type { Network, QuantiseSettings } from '../../experiment/network/index.js';
import { QUANTISED } from '../../protocol/trainer/quantised.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import { workedRange, type Range } from '../parts.js';
import type { Reshaped, Shape } from '../prune/shrink.js';
import { bytesOf, onGrid, relativeError } from './grid.js';
import { said } from '../../format/said.js';

/** Layers that a message lists, those with the largest errors. */
const MOST_LISTED = 5;

export function quantise(shape: Shape, settings: QuantiseSettings, range: Range | null): Reshaped {
  const rounded = roundedWeights(shape.weights, settings, range);
  const errors = shape.weights.flatMap((weight, i) =>
    rounded[i]!.integers ? [{ name: weight.name, error: relativeError([weight], [rounded[i]!]) }] : [],
  );
  const whole = relativeError(shape.weights, rounded);
  const [before, after] = [bytesOf(shape.weights), bytesOf(rounded)];
  const worst = errors.toSorted((a, b) => b.error - a.error).slice(0, MOST_LISTED);
  const percent = (error: number): string => `${(100 * error).toPrecision(2)} %`;
  const each = worst.map(({ name, error }) => `${name} ${percent(error)}`).join(', ');
  const { bits } = settings;
  const news = each
    ? said('weights in {0} bits: error {1} ({2}); {3} → {4} bytes', bits, percent(whole), each, before, after)
    : said('weights in {0} bits: error {1}; {2} → {3} bytes', bits, percent(whole), before, after);
  return {
    shape: { ...shape, weights: rounded },
    came: shape.layers.map((_, i) => i),
    news,
    values: { [QUANTISED.error]: whole, [QUANTISED.bytes]: after, [QUANTISED.share]: after / before },
  };
}

/** Returns the weights as they are saved: on their grid if the network is quantised. */
export function savedWeights(
  weights: SavedWeight[],
  network: Pick<Network, 'quantise' | 'from' | 'parts'>,
): SavedWeight[] {
  return network.quantise ? roundedWeights(weights, network.quantise, workedRange(network)) : weights;
}

function roundedWeights(
  weights: readonly SavedWeight[],
  settings: QuantiseSettings,
  range: Range | null,
): SavedWeight[] {
  return weights.map((weight) => {
    const layer = Number.parseInt(weight.name, 10) - 1;
    return range && (layer < range.from || layer >= range.to) ? weight : onGrid(weight, settings);
  });
}
