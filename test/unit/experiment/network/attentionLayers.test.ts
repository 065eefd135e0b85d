import { describe, expect, it } from 'vitest';
import { validateNetwork } from '../../../../src/experiment/network/index.js';

const check = (...layers: unknown[]) =>
  validateNetwork({ data: 'mnist', layers: [...layers, { dense: 10 }], loss: 'mse' });
const problem = (...layers: unknown[]) =>
  check(...layers).problems!.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('layers with attention', () => {
  it('have a short form and defaults', () => {
    expect(check({ attention: 4 }, 'position').network!.layers.slice(0, 2)).toEqual([
      { type: 'attention', heads: 4, width: null, rate: 0, causal: false, bias: true, init: 'glorotUniform' },
      { type: 'position', kind: 'sinusoidal' },
    ]);
  });

  it('make a transformer block, with its norms before or after its two parts', () => {
    const kinds = (norm: string) =>
      check({ transformer: { heads: 2, width: 8, norm, l2: 0.1 } })
        .network!.layers.slice(0, -1)
        .map((layer) => (layer.type === 'residual' ? layer.layers.map(({ type }) => type).join(' ') : layer.type));
    expect(kinds('before')).toEqual(['layerNorm attention dropout', 'layerNorm conv1d conv1d dropout']);
    expect(kinds('after')).toEqual(['attention dropout', 'layerNorm', 'conv1d conv1d dropout', 'layerNorm']);
    const [, forward] = check({ transformer: { heads: 2, width: 8, l2: 0.1 } }).network!.layers;
    expect(forward).toMatchObject({
      layers: [{}, { filters: 32, activation: 'relu', regularization: { l2: 0.1 } }, { filters: 8 }, { rate: 0 }],
    });
  });

  it('say what is wrong', () => {
    expect(problem({ attention: { heads: 0 } })).toEqual(['layers.0.attention.heads: heads must be at least 1']);
    expect(problem({ position: 'rotary' })).toEqual([
      'layers.0.position: unknown position "rotary"; it must be one of: sinusoidal, learned',
    ]);
    expect(problem({ transformer: { heads: 2 } })).toEqual(['layers.0.transformer.width: width is missing']);
    expect(problem('attention')).toEqual(['layers.0: layer "attention" needs its settings, such as "attention: 4"']);
    expect(problem({ attention: { heads: 2, dropout: 1 } })).toEqual([
      'layers.0.attention.dropout: dropout must be below 1',
    ]);
  });
});
