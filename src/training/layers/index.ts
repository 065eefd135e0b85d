/** Registry of layers: a new kind is one file and one line here. */
import type { Layer } from '../../experiment/network/index.js';
import { batchNorm } from './batchNorm.js';
import { conv } from './conv.js';
import { dense } from './dense.js';
import { globalPool, pool } from './pool.js';
import { activation, dropout, flatten } from './simple.js';
import type { BuildContext, BuiltLayer, LayerBuilder } from './types.js';

const builders: { [T in Layer['type']]: LayerBuilder<Extract<Layer, { type: T }>> } = {
  activation,
  batchNorm,
  conv,
  dense,
  dropout,
  flatten,
  globalPool,
  pool,
};

export function buildLayer(settings: Layer, context: BuildContext): BuiltLayer {
  return (builders[settings.type] as LayerBuilder<Layer>)(settings, context);
}
