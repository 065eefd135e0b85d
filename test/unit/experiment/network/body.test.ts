import { describe, expect, it } from 'vitest';
import { bodyLayers, kindOfShape, normalizeBody, normalizeLayers } from '../../../../src/experiment/network/index.js';

const layers = (written: object, shape: number[], outputs = 3) =>
  normalizeLayers(bodyLayers(normalizeBody(written)!, shape, outputs)).map(({ type }) => type);

describe('a body', () => {
  it('follows the shape of the examples', () => {
    expect([kindOfShape([7]), kindOfShape([28, 28, 1]), kindOfShape([100, 3, 1]), kindOfShape([50, 2])]).toEqual([
      ...['rows', 'pictures', 'sequences', 'sequences'],
    ]);
  });

  it.each([
    [{ depth: 0 }, [7], ['dense']],
    [{ depth: 2, dropout: 0.1 }, [7], ['dense', 'dropout', 'dense', 'dropout', 'dense']],
    [{ depth: 1, norm: 'batch' }, [7], ['dense', 'batchNorm', 'activation', 'dense']],
    [{ depth: 2, skip: true }, [7], ['dense', 'residual', 'activation', 'dense']],
    [{ depth: 1, squash: true }, [7], ['rescale', 'activation', 'rescale', 'dense', 'dense']],
    [{ depth: 2 }, [8, 8, 1], ['conv', 'pool', 'conv', 'flatten', 'dense']],
    [{ depth: 1, width: 256 }, [32, 32, 3], ['conv', 'pool', 'globalPool', 'dense']],
    [{ depth: 2, cell: 'gru' }, [100, 3, 1], ['reshape', 'recurrent', 'recurrent', 'dense']],
    [{ depth: 1, cell: 'conv' }, [100, 3, 1], ['reshape', 'conv1d', 'conv1d', 'globalPool', 'dense']],
    [{ kind: 'rows', depth: 1 }, [8, 8, 1], ['flatten', 'dense', 'dense']],
  ] as const)('%j of %j is %j', (written, shape, types) => {
    expect(layers(written, [...shape])).toEqual(types);
  });
});
