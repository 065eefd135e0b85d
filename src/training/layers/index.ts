/** Registry of layers. To add a layer, write one file and add one line here. */
import type { Layer, Regularization } from '../../experiment/network/index.js';
import { attention } from './attention.js';
import { batchNorm } from './batchNorm.js';
import { conv } from './conv.js';
import { conv1d } from './conv1d.js';
import { dense } from './dense.js';
import { globalPool, pool } from './pool.js';
import { depthwiseConv } from './depthwiseConv.js';
import { embedding } from './embedding.js';
import { layerNorm } from './layerNorm.js';
import { position } from './position.js';
import { recurrent } from './recurrent.js';
import { residual } from './residual.js';
import { activation, dropout, flatten, rescale, reshape, spatialDropout } from './simple.js';
import type { BuildContext, BuiltLayer, LayerBuilder } from './types.js';

const builders: { [T in Layer['type']]: LayerBuilder<Extract<Layer, { type: T }>> } = {
  activation,
  attention,
  batchNorm,
  conv,
  conv1d,
  dense,
  depthwiseConv,
  embedding,
  layerNorm,
  position,
  recurrent,
  rescale,
  reshape,
  residual: (settings, context) => residual(settings, context, buildLayer),
  spatialDropout,
  dropout,
  flatten,
  globalPool,
  pool,
};

export function buildLayer(settings: Layer, context: BuildContext): BuiltLayer {
  const built = (builders[settings.type] as LayerBuilder<Layer>)(settings, context);
  const { regularization } = settings as { regularization?: Partial<Regularization> };
  if (!regularization) return built;
  return { ...built, weights: built.weights.map((weight) => ({ ...weight, regularization })) };
}
