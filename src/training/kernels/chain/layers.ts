/** Links of each kind of layer. */
import type { Activation } from '../../../experiment/network/index.js';
import { isFast, type FastActivation } from '../../backends/webAssembly/simd/index.js';
import type { PlainLayer } from '../../layers/types.js';
import type { Parameters } from '../../loop/parameters.js';
import { convLink, maxPoolLink } from './images.js';
import { activationLink, denseLink, dropoutLink } from './links.js';
import { recurrentLink } from './recurrent.js';
import type { Link } from './types.js';

/** Returns null when a layer has no fast implementation. `width` is the size of its input. */
export function linksOf(layer: PlainLayer, width: number, parameters: Parameters): Link[] | null {
  switch (layer.kind) {
    case 'dense': {
      const { kernel, bias } = offsets(layer, parameters);
      const activation = fast(layer.activation);
      if (activation === undefined) return null;
      return [denseLink({ from: width, width: layer.kernel.shape[1]!, kernel, bias, activation })];
    }
    case 'conv': {
      const { image, stride, padding } = layer;
      const { kernel, bias } = offsets(layer, parameters);
      const activation = fast(layer.activation);
      if (activation === undefined) return null;
      return [convLink({ image, stride, padding, filter: layer.kernel.shape, kernel, bias, activation })];
    }
    case 'maxPool':
      return [maxPoolLink(layer)];
    case 'recurrent': {
      const of = parameters.offsetOf.bind(parameters);
      const ways = layer.ways.map(({ input, state, bias, stateBias }) => ({
        ...{ input: of(input), state: of(state), bias: of(bias) },
        stateBias: stateBias && of(stateBias),
      }));
      return [recurrentLink({ ...layer, ways })];
    }
    case 'activation': {
      const name = fast(layer.name);
      return name === undefined ? null : name ? [activationLink(name, width)] : [];
    }
    case 'dropout':
      return layer.rate === 0 ? [] : [dropoutLink(layer.rate, width)];
    case 'flat':
      return [];
  }
}

const offsets = ({ kernel, bias }: Extract<PlainLayer, { kind: 'dense' | 'conv' }>, parameters: Parameters) => ({
  kernel: parameters.offsetOf(kernel),
  bias: bias && parameters.offsetOf(bias),
});

/** Returns null for none, and undefined for an activation without a kernel. */
const fast = (name: Activation): FastActivation | null | undefined =>
  name === 'linear' ? null : isFast(name) ? name : undefined;
