import { inEnglish } from '../../../../src/format/said.js';
import { describe, expect, it } from 'vitest';
import { Rules, type EpochFacts } from '../../../../src/training/diagnostics/rules.js';

const norms = (first: number, last: number, update = 1e-3) => [
  { layer: '1.dense', gradient: first, update },
  { layer: '2.dense', gradient: last, update },
];
const activations = (dead: number | null) => [
  { layer: '1.dense', mean: 0, deviation: 1, zeros: 0.5, saturated: null, dead },
];
const fine: Omit<EpochFacts, 'epoch' | 'score'> = {
  validation: 0.5,
  loss: 1,
  learningRate: 0.1,
  norms: norms(1, 1),
  activations: activations(0),
  classes: true,
};

/** Returns the warnings over epochs with these scores. */
function said(scores: readonly number[], facts: (i: number) => Partial<EpochFacts> = () => ({})): string[] {
  const rules = new Rules();
  return scores.flatMap((score, i) =>
    rules.judge({ ...fine, validation: score, ...facts(i), epoch: i + 1, score }).map(inEnglish),
  );
}
const still = [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3];
const rising = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

describe('signs of trouble', () => {
  it.each([
    ['dead units', { activations: activations(0.7) }, /^after epoch 4: 70 % of the units of layer 1\.dense are 0/],
    [
      'vanishing',
      { norms: norms(0.9e-4, 0.1) },
      /vanishes on its way to layer 1\.dense: its length there is 0\.000090/,
    ],
    ['exploding', { norms: norms(71, 1) }, /explodes on its way to layer 1\.dense: its length there is 71,/],
    ['steps too small', { norms: norms(1, 1, 1e-6) }, /stalled for 3 epochs .*a higher learning rate/],
    ['steps too large', { norms: norms(1, 1, 0.1) }, /stalled for 3 epochs .*a lower learning rate/],
  ])('%s: reported once, and only while training stagnates', (_, facts, text) => {
    const texts = said(still, () => facts);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toMatch(text);
    expect(said(rising, () => facts)).toEqual([]);
    // There is nothing left to learn.
    expect(said([0.9, ...still.map(() => 0.99)], () => facts)).toEqual([]);
  });

  it.each([
    ['dead units', { activations: activations(0.69) }],
    ['vanishing in relation only', { norms: norms(1e-3, 10) }],
    ['small everywhere', { norms: norms(1e-5, 1e-4) }],
    ['exploding', { norms: norms(69, 1) }],
  ])('%s below the threshold: stagnation is reported instead', (_, facts) => {
    expect(said(still, () => facts)).toEqual([expect.stringContaining('stalled')]);
  });

  it('stagnation at a learning rate near 0 is expected', () => {
    expect(said(still, (i) => ({ learningRate: 0.1 ** (i + 1) }))).toEqual([]);
  });

  it('oscillation: turns of at least 0.03 in a fifth of the epochs', () => {
    const swinging = [...Array(12).keys()].map((i) => (i % 2 ? 0.5 : 0.55));
    const quiet = () => ({ learningRate: 0.1, norms: [] });
    // Before the tenth epoch, only stagnation is reported.
    expect(said(swinging, quiet).at(-1)).toMatch(/^after epoch 10: what was learned .* \(in \d+ % of them\)/);
    const calm = swinging.map((score) => (score > 0.5 ? 0.529 : 0.5));
    expect(said(calm, quiet)).toEqual([expect.stringContaining('stalled')]);
    expect(
      said(
        [...Array(30).keys()].map((i) => 0.02 * i + (i % 2 ? 0.05 : 0)),
        quiet,
      ),
    ).toEqual([]);
  });

  it('overfitting: a gap between the scores, while the validation score does not improve', () => {
    const stuck = (validation: number) => () => ({ validation });
    expect(said(rising, stuck(0.25))).toEqual([
      'after epoch 4: the network overfits: 40 % of the training examples are predicted correctly, but 25 % of the ' +
        'validation examples: try dropout, regularization, augment or earlyStopping, or more data',
    ]);
    expect(said(rising, (i) => ({ validation: rising[i]! - 0.2 }))).toEqual([]);
    const good = [0.5, 0.7, 0.8, 0.9, 0.95];
    expect(said(good, stuck(0.87))).toHaveLength(1);
    expect(said(good, stuck(0.89))).toEqual([]);
    // For a regression, losses are compared.
    expect(said(rising, () => ({ validation: 0.2, classes: false }))[0]).toContain(
      'the loss is 0.60 of what the mean alone gives on the training examples, but 0.80 on the validation examples',
    );
  });

  it('a growing loss', () => {
    const losses = [2, 0.1, 0.5, 1.2, 3];
    expect(said(rising.slice(0, 5), (i) => ({ loss: losses[i]! }))).toEqual([
      expect.stringMatching(/^after epoch 4: the loss has grown from 0\.10 to 1\.2: try a lower learning rate/),
    ]);
  });
});
