/** Model card: what users of an exported network must know about its inputs and outputs. */
import type { LossName } from '../../experiment/network/index.js';
import type { SavedNetwork } from '../checkpoints/saved.js';
import { columnsOf } from './graph.js';

export interface Card {
  format: 'tunesmith-model';
  version: 1;
  /** Data set it was trained on. */
  data: string;
  input: {
    /** Shape without the batch axis. */
    shape: number[];
    /** Description of the raw values; the network standardizes them itself. */
    values: string;
    /** Column of each number, for a table. */
    columns?: string[];
    /** Sentences about how the table was read. */
    done?: string[];
  };
  output: {
    kind: 'probabilities' | 'scores' | 'values';
    meaning: string;
    classes?: string[];
    targets?: string[];
  };
}

const MEANINGS: Partial<Record<LossName, [kind: Card['output']['kind'], meaning: string]>> = {
  crossEntropy: ['probabilities', 'the probability of each class'],
  binaryCrossEntropy: ['probabilities', 'the probability of each class, each by itself'],
};

/**
 * Builds the card. `raw` describes the weights alone, which need standardized inputs and return what the loss takes.
 */
export function cardOf({ network, data }: SavedNetwork, outputs: number, raw: boolean): Card {
  const columns = columnsOf(data.preparation);
  const { factor, offset } = data.inputScale;
  const targets = targetsOf(data.preparation);
  const { done } = data.preparation;
  const [kind, meaning] = MEANINGS[network.loss.name] ?? [
    'scores',
    'the score of each class: the highest one is taken',
  ];
  const single = data.classes?.length === 2 && outputs === 1;
  const one =
    kind === 'probabilities'
      ? `the probability of "${data.classes?.[1]}"`
      : `a score: above 0 is "${data.classes?.[1]}"`;
  const values = columns
    ? 'the numbers of each row as they are in the file; a category is 1 in its own column and 0 in its neighbours, a date is split into its parts, and "…:missing" is 1 for a missing cell, which gets the value in "done"'
    : 'as they are in the file: no scaling is needed';
  return {
    format: 'tunesmith-model',
    version: 1,
    data: data.name,
    input: {
      shape: data.inputShape,
      values: raw ? `standardized: see "data" (value · ${factor} + ${offset}, or by its columns)` : values,
      ...(columns && { columns: columns.map(({ name }) => name) }),
      ...(Array.isArray(done) && done.length > 0 && { done: done.map(String) }),
    },
    output: data.classes
      ? {
          kind: raw ? 'scores' : kind,
          meaning: raw ? 'what the loss takes' : single ? one : meaning,
          classes: data.classes,
        }
      : {
          kind: 'values',
          meaning: raw
            ? 'standardized: value · deviation + mean is in the unit of the targets'
            : 'in the unit of the targets',
          ...(targets && { targets }),
        },
  };
}

/** Returns the names of the columns that are predicted; null: the data had none. */
export function targetsOf({ target }: Record<string, unknown>): string[] | null {
  if (typeof target === 'string') return [target];
  return Array.isArray(target) ? target.map(String) : null;
}
