/**
 * Known signs of trouble, as in AutoTrainer (Zhang, Zhai, Ma & Shen, ICSE 2021, section III): vanishing and exploding
 * gradients, dead rectifiers, oscillation, stagnation; plus overfitting. A sign alone says little (a fully trained
 * network also stagnates), so each counts only when training fails to make progress as well.
 */
import type { LayerActivations } from './activations.js';
import type { LayerNorms } from './norms.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** Facts about one epoch. */
export interface EpochFacts {
  epoch: number;
  /**
   * Score of the network on the training and validation examples: the accuracy, or for regression 1 − loss in units of
   * the loss that the mean alone would give (R² for squared errors).
   */
  score: number;
  validation: number;
  /** Mean loss on the training examples, in the same unit. */
  loss: number;
  learningRate: number;
  norms: readonly LayerNorms[];
  activations: readonly LayerActivations[];
  /** True when scores are accuracies. */
  classes: boolean;
}

/** Number of epochs without progress that counts as stagnation. */
const PATIENCE = 3;
/** Smallest improvement that counts as progress. */
const GAIN = 0.01;
/** Score above which there is little left to learn. */
const GOOD = 0.95;
const VANISHING = { ratio: 1e-3, first: 1e-4 };
const EXPLODING = 70;
const DEAD = 0.7;
const SWING = { height: 0.03, share: 0.2, epochs: 10 };
const GAP = { usual: 0.1, good: 0.07, from: 0.9 };
/** Ratio of the loss to its best value that counts as divergence. */
const GROWTH = 10;

type Rule = (facts: EpochFacts, history: readonly EpochFacts[]) => Said | null;

/** Rules in order of priority: of several that apply in one epoch, the first is reported. */
const WHILE_STALLED: Record<string, Rule> = {
  dead({ activations }) {
    const [worst] = activations.filter(({ dead }) => dead !== null).sort((a, b) => b.dead! - a.dead!);
    if (!worst || worst.dead! < DEAD) return null;
    return said(
      '{0} of the units of layer {1} are 0 for every example and no longer learn: try a lower learning rate, init: heNormal, or activation: leakyRelu',
      percent(worst.dead!),
      worst.layer,
    );
  },
  vanishing({ norms }) {
    const ends = endsOf(norms);
    if (!ends || ends.first.gradient >= VANISHING.first || ends.ratio >= VANISHING.ratio) return null;
    return said(
      'the gradient vanishes on its way to layer {0}: its length there is {1}, in layer {2} {3}: try activation: relu, batchNorm or residual layers, or another init',
      ends.first.layer,
      short(ends.first.gradient),
      ends.last.layer,
      short(ends.last.gradient),
    );
  },
  exploding({ norms }) {
    const ends = endsOf(norms);
    if (!ends || ends.ratio <= EXPLODING) return null;
    return said(
      'the gradient explodes on its way to layer {0}: its length there is {1}, in layer {2} {3}: try clip: { norm: 1 }, batchNorm, or smaller initial weights',
      ends.first.layer,
      short(ends.first.gradient),
      ends.last.layer,
      short(ends.last.gradient),
    );
  },
  oscillation(_, history) {
    if (history.length < SWING.epochs) return null;
    const scores = history.map(({ score }) => score);
    const share = swings(scores, SWING.height) / scores.length;
    if (share < SWING.share) return null;
    return said(
      'what was learned in one epoch is lost in another (in {0} of them): try a lower learning rate, a larger batchSize, or a schedule',
      percent(share),
    );
  },
  plateau({ norms, learningRate }, history) {
    // A rate that its schedule has reduced to near 0 is expected to bring no progress.
    if (learningRate < 0.1 * Math.max(...history.map((facts) => facts.learningRate))) return null;
    const updates = norms.flatMap(({ update }) => (update === null ? [] : [update])).sort((a, b) => a - b);
    const typical = updates[Math.floor(updates.length / 2)];
    const other = said('another learning rate or a schedule, or a larger network');
    if (typical === undefined) return said('training has stalled for {0} epochs: try {1}', PATIENCE, other);
    return said(
      'training has stalled for {0} epochs (a step changes the weights by {1} of their length): try {2}',
      PATIENCE,
      short(typical),
      typical < 1e-4 ? said('a higher learning rate') : typical > 1e-2 ? said('a lower learning rate') : other,
    );
  },
};

/** Reports each problem once. */
export class Rules {
  private readonly history: EpochFacts[] = [];
  private readonly told = new Set<string>();

  /** Records an epoch and returns warnings for the person. */
  judge(facts: EpochFacts): Said[] {
    this.history.push(facts);
    const found: [string, Said | null][] = [
      ['growth', growth(this.history)],
      ['gap', gap(this.history)],
    ];
    if (stalled(this.history.map(({ score }) => score)) && facts.score < GOOD) {
      // One warning at a time: a more specific cause makes a general one redundant.
      const causes = Object.entries(WHILE_STALLED).map(([name, rule]) => [name, rule(facts, this.history)] as const);
      const cause = causes.find(([, text]) => text !== null);
      if (cause) found.push([cause[0], cause[1]]);
    }
    return found.flatMap(([name, text]) => {
      if (text === null || this.told.has(name)) return [];
      this.told.add(name);
      return [said('after epoch {0}: {1}', facts.epoch, text)];
    });
  }
}

/** True when the last epochs improved by no more than GAIN over the best before them. */
function stalled(scores: readonly number[]): boolean {
  if (scores.length <= PATIENCE) return false;
  return Math.max(...scores.slice(-PATIENCE)) - Math.max(...scores.slice(0, -PATIENCE)) < GAIN;
}

function growth(history: readonly EpochFacts[]): Said | null {
  const { loss } = history.at(-1)!;
  const best = Math.min(...history.map((facts) => facts.loss));
  if (!(best > 0) || loss < GROWTH * best || loss < 0.1) return null;
  return said(
    'the loss has grown from {0} to {1}: try a lower learning rate, or clip: { norm: 1 }',
    short(best),
    short(loss),
  );
}

function gap(history: readonly EpochFacts[]): Said | null {
  const { score, validation, classes } = history.at(-1)!;
  const width = score - validation;
  if (width < (score > GAP.from ? GAP.good : GAP.usual)) return null;
  if (!stalled(history.map((facts) => facts.validation))) return null;
  const figures = classes
    ? said(
        '{0} of the training examples are predicted correctly, but {1} of the validation examples',
        percent(score),
        percent(validation),
      )
    : said(
        'the loss is {0} of what the mean alone gives on the training examples, but {1} on the validation examples',
        short(1 - score),
        short(1 - validation),
      );
  return said(
    'the network overfits: {0}: try dropout, regularization, augment or earlyStopping, or more data',
    figures,
  );
}

/** Returns the first and the last layer with a gradient. */
function endsOf(norms: readonly LayerNorms[]) {
  const [first, last] = [norms[0], norms.at(-1)];
  if (!first || !last || first === last || last.gradient === 0) return null;
  return { first, last, ratio: first.gradient / last.gradient };
}

/** Counts how often a curve turns after a rise or fall of at least `height`. */
function swings(values: readonly number[], height: number): number {
  let count = 0;
  let [low, high] = [values[0]!, values[0]!];
  let rising: boolean | null = null;
  for (const value of values) {
    [low, high] = [Math.min(low, value), Math.max(high, value)];
    if (rising !== false && high - value >= height) {
      if (rising !== null) count++;
      [rising, low] = [false, value];
    } else if (rising !== true && value - low >= height) {
      if (rising !== null) count++;
      [rising, high] = [true, value];
    }
    if (rising === true && value === high) low = value;
    if (rising === false && value === low) high = value;
  }
  return count;
}

const short = (value: number): string => value.toPrecision(2);
const percent = (share: number): string => `${Math.round(100 * share)} %`;
