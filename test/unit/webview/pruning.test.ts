import { expect, it } from 'vitest';
import { PRUNING } from '../../../src/protocol/trainer/pruning.js';
import { prunedCurves } from '../../../webview/model/charts/pruning.js';

it('pairs the results of a pruning with the size at the same step', () => {
  const series = [
    { metric: PRUNING.weights, x: [0, 1, 3, 4], y: [100, 60, 60, 40] },
    { metric: PRUNING.multiplyAdds, x: [0, 1, 3, 4], y: [1000, 500, 500, 200] },
    { metric: PRUNING.cut, x: [0, 1, 4], y: [0.9, 0.4, 'NaN' as const] },
    { metric: PRUNING.retrained, x: [0, 3], y: [0.9, 0.8] },
  ];
  expect(prunedCurves(series, PRUNING.weights)).toEqual({
    cut: [
      { size: 100, value: 0.9 },
      { size: 60, value: 0.4 },
    ],
    retrained: [
      { size: 100, value: 0.9 },
      { size: 60, value: 0.8 },
    ],
  });
  expect(prunedCurves(series, PRUNING.multiplyAdds).retrained.map(({ size }) => size)).toEqual([1000, 500]);
});
