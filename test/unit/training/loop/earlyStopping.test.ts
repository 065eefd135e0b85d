import { inEnglish } from '../../../../src/format/said.js';
import { expect, it } from 'vitest';
import { EarlyStopping } from '../../../../src/training/regularization/earlyStopping.js';
import { network } from '../support.js';

const stopping = (settings: Record<string, unknown>) =>
  new EarlyStopping(network({ layers: [{ dense: 1 }], loss: 'mse', earlyStopping: settings }).earlyStopping!);
const weights = () => Promise.resolve([]);

it.each(['val/loss', 'val/r2'])('a first epoch with a NaN %s does not remain the best', async (metric) => {
  const one = stopping({ metric, patience: 1 });
  const judge = (epoch: number, value: number) => one.judged(epoch, { [metric]: value }, weights);
  expect(await judge(1, NaN)).toBe(false);
  // A checkpoint stores the state as JSON.
  one.load(JSON.parse(JSON.stringify(one.state())) as never);
  expect(await judge(2, metric === 'val/r2' ? 0.1 : 9)).toBe(false);
  expect(await judge(3, metric === 'val/r2' ? 0.5 : 3)).toBe(false);
  expect(await judge(4, NaN)).toBe(false);
  expect(await judge(5, NaN)).toBe(true);
  expect(inEnglish(one.reason(5))).toContain(`${metric} was best in epoch 3`);
});

it('reports that every value is NaN', async () => {
  const one = stopping({ metric: 'val/loss', patience: 0 });
  await one.judged(1, { 'val/loss': NaN }, weights);
  expect(await one.judged(2, { 'val/loss': NaN }, weights)).toBe(true);
  expect(inEnglish(one.reason(2))).toContain('val/loss was best in epoch 1 (not finite)');
});
