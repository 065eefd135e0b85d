import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { validateNetwork } from '../../../src/experiment/network/index.js';
import { ModelGraph } from '../../../src/protocol/engine/drawings.js';
import { modelGraph } from '../../../src/training/graphFile.js';
import { buildLayers } from '../../../src/training/model.js';
import { Random } from '../../../src/training/random.js';

it('the graph of a network has its layers, those of a residual block as its parts, with the shapes of results and weights', async () => {
  await tf.setBackend('cpu');
  const { network } = validateNetwork({
    data: { csv: { file: 'a.csv', target: 'y' } },
    layers: [{ dense: 4 }, { residual: [{ dense: 6 }, 'batchNorm'] }, { dropout: 0.1 }, { dense: 2 }],
    loss: 'crossEntropy',
  });
  const model = buildLayers(network!.layers, [3], new Random(1));
  const { nodes } = ModelGraph.parse(modelGraph(model.layers));
  model.dispose();
  const weights = (at: number) => (nodes[at]!.weights ?? []).map(({ name, shape, trained }) => [name, shape, trained]);
  expect(nodes.map(({ name, type, parent, shape }) => [name, type, parent, shape])).toEqual([
    ['1.dense', 'dense', null, [null, 4]],
    ['2.residual', 'residual', null, [null, 6]],
    ['2.residual/1.dense', 'dense', 1, [null, 6]],
    ['2.residual/2.batchNorm', 'batchNorm', 1, [null, 6]],
    ['3.dropout', 'dropout', null, [null, 6]],
    ['4.dense', 'dense', null, [null, 2]],
  ]);
  expect(nodes.map(({ inputs }) => inputs)).toEqual([undefined, [0], undefined, [2], [1], [4]]);
  expect(weights(0)).toEqual([
    ['kernel', [3, 4], true],
    ['bias', [4], true],
  ]);
  expect(weights(1)).toEqual([['projection', [4, 6], true]]);
  expect(weights(3).map(([, , trained]) => trained)).toContain(false);
  expect(weights(4)).toEqual([]);
});
