/** Layers that follow the kind of the data: `body:` names their size, and the examples' shape decides their kind. */
import { z } from 'zod';
import { ACTIVATIONS, type Activation } from './functions.js';
import { flag, number, oneOf, whole, type Kit } from '../kit.js';
import type { WrittenLayer } from './index.js';

export const BODY_KINDS = ['auto', 'rows', 'pictures', 'sequences'] as const;
export type BodyKind = (typeof BODY_KINDS)[number];

export interface BodySettings {
  kind: BodyKind;
  /** Units of a dense layer; convolutions begin with a quarter of it. */
  width: number;
  /** Hidden layers or blocks; 0: none, the outputs follow the inputs. */
  depth: number;
  /** Adds each block's input to its output. */
  skip: boolean;
  norm: 'none' | 'batch' | 'layer';
  activation: Activation;
  dropout: number;
  /** Squashes inputs far from 0, so that outliers count less. */
  squash: boolean;
  /** Layer that reads a sequence. */
  cell: 'conv' | 'gru' | 'lstm';
}

export function bodySchema({ optional }: Kit) {
  const rate = number('dropout').min(0, 'dropout must be at least 0').lt(1, 'dropout must be below 1');
  return z.strictObject(
    {
      kind: optional(oneOf('kind', BODY_KINDS)).describe(
        '`rows`: dense layers; `pictures`: convolutions; `sequences`: 1-d convolutions or recurrent layers. Default: auto, by the shape of the examples.',
      ),
      width: optional(whole('width').max(8192, 'width must be at most 8192')).describe(
        'Units of a dense layer; convolutions begin with a quarter of it. Default: 64.',
      ),
      depth: optional(whole('depth', 0).max(64, 'depth must be at most 64')).describe(
        'Number of hidden layers or blocks. Default: 2.',
      ),
      skip: optional(flag('skip')).describe('Adds the input of each block to its output. Default: false.'),
      norm: optional(oneOf('norm', ['none', 'batch', 'layer'])).describe('Normalization. Default: none.'),
      activation: optional(oneOf('activation', ACTIVATIONS)).describe('Default: relu.'),
      dropout: optional(rate).describe('Dropout rate. Default: 0.'),
      squash: optional(flag('squash')).describe(
        'Squashes numbers far from 0, so that outliers count less: 3·softsign(x/3). Only for rows. Default: false.',
      ),
      cell: optional(oneOf('cell', ['conv', 'gru', 'lstm'])).describe('Layers that read a sequence. Default: conv.'),
    },
    { error: 'body must be a group of settings, such as { width: 64, depth: 2 }' },
  );
}
export type WrittenBody = z.output<ReturnType<typeof bodySchema>>;

export function normalizeBody(written: WrittenBody | null | undefined): BodySettings | null {
  if (!written) return null;
  return {
    kind: written.kind ?? 'auto',
    width: written.width ?? 64,
    depth: written.depth ?? 2,
    skip: written.skip ?? false,
    norm: written.norm ?? 'none',
    activation: written.activation ?? 'relu',
    dropout: written.dropout ?? 0,
    squash: written.squash ?? false,
    cell: written.cell ?? 'conv',
  };
}

/** Longest side to shortest side of a plane from which it is read as a sequence: 100 moments of 3 sensors. */
const SEQUENCE_ASPECT = 3;
/** Pictures are halved until a side is shorter. */
const LEAST_SIDE = 4;
/** Values after the last convolution above which they are averaged for each channel. */
const MOST_FLAT = 4096;

/** Returns the kind that examples of this shape have. */
export function kindOfShape(shape: readonly number[]): Exclude<BodyKind, 'auto'> {
  const [height = 1, width = 1, channels] = shape;
  if (shape.length === 2) return 'sequences';
  if (shape.length !== 3) return 'rows';
  return channels === 1 && height >= SEQUENCE_ASPECT * width ? 'sequences' : 'pictures';
}

/**
 * Returns the layers as a person would write them. `shape` is that of one example, `outputs` the number that the loss
 * needs. Dense blocks with `skip` are the residual blocks of Gorishniy et al., "Revisiting Deep Learning Models for
 * Tabular Data", NeurIPS 2021, section 3.2; those of pictures follow He et al., CVPR 2016.
 */
export function bodyLayers(body: BodySettings, shape: readonly number[], outputs: number): WrittenLayer[] {
  const kind = body.kind === 'auto' ? kindOfShape(shape) : body.kind;
  const inner =
    kind === 'rows' ? rows(body, shape) : kind === 'pictures' ? pictures(body, shape) : sequence(body, shape);
  return [...inner, { dense: outputs }];
}

const norms = ({ norm }: BodySettings): WrittenLayer[] =>
  norm === 'batch' ? ['batchNorm'] : norm === 'layer' ? ['layerNorm'] : [];
const drops = ({ dropout }: BodySettings): WrittenLayer[] => (dropout > 0 ? [{ dropout }] : []);
const init = 'heUniform' as const;

/** Nearly linear up to 1, at most 3: a smooth clipping as in Holzmüller et al., "Better by Default", NeurIPS 2024. */
const SQUASH: WrittenLayer[] = [{ rescale: { factor: 1 / 3 } }, { activation: 'softsign' }, { rescale: { factor: 3 } }];

function rows(body: BodySettings, shape: readonly number[]): WrittenLayer[] {
  const { width: units, activation, depth, skip } = body;
  const flat: WrittenLayer[] = [...(shape.length > 1 ? (['flatten'] as const) : []), ...(body.squash ? SQUASH : [])];
  const hidden: WrittenLayer[] =
    body.norm === 'none'
      ? [{ dense: { units, activation, init } }]
      : [{ dense: { units, init } }, ...norms(body), { activation }];
  if (!skip) return [...flat, ...Array.from({ length: depth }, () => [...hidden, ...drops(body)]).flat()];
  if (depth === 0) return flat;
  const block: WrittenLayer = {
    residual: [...norms(body), { dense: { units, activation, init } }, ...drops(body), { dense: { units } }],
  };
  const blocks = Array.from({ length: depth - 1 }, () => block);
  return [...flat, { dense: { units, init } }, ...blocks, ...norms(body), { activation }, ...drops(body)];
}

function pictures(body: BodySettings, shape: readonly number[]): WrittenLayer[] {
  if (shape.length === 1) return rows(body, shape);
  const { activation, skip, depth } = body;
  let [height, width] = shape as [number, number];
  let channels = shape[2] ?? 1;
  const layers: WrittenLayer[] = shape.length === 2 ? [{ reshape: [...shape, 1] }] : [];
  for (let i = 0; i < depth; i++) {
    const filters = Math.max(4, Math.round(body.width / 4)) * 2 ** Math.min(i, 3);
    const conv: WrittenLayer[] =
      body.norm === 'none'
        ? [{ conv: { filters, kernel: 3, padding: 'same', activation, init } }]
        : [{ conv: { filters, kernel: 3, padding: 'same', init } }, ...norms(body), { activation }];
    layers.push(...conv, ...(skip ? [{ residual: conv }] : []));
    channels = filters;
    if (Math.min(height, width) < 2 * LEAST_SIDE) continue;
    layers.push('pool');
    [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
  }
  layers.push(height * width * channels > MOST_FLAT ? 'globalPool' : 'flatten');
  return [...layers, ...drops(body)];
}

function sequence(body: BodySettings, shape: readonly number[]): WrittenLayer[] {
  const { activation, depth, cell } = body;
  const units = Math.max(4, Math.round(body.width / 2));
  const moments = shape[0]!;
  const features = shape.slice(1).reduce((all, one) => all * one, 1);
  const layers: WrittenLayer[] = shape.length === 2 ? [] : [{ reshape: [moments, features] }];
  let length = moments;
  for (let i = 0; i < Math.max(1, depth); i++) {
    if (cell !== 'conv') {
      const last = i === Math.max(1, depth) - 1;
      layers.push({ recurrent: { cell, units, sequences: !last } }, ...drops(body));
      continue;
    }
    const filters = units * 2 ** Math.min(i, 2);
    const kernel = Math.min(5, length);
    layers.push({ conv1d: { filters, kernel, padding: 'same', activation, init } }, ...norms(body));
    // Strides halve what the next layer reads, as pooling does for pictures.
    if (length < 2 * LEAST_SIDE) continue;
    layers.push({ conv1d: { filters, kernel: 2, stride: 2, activation, init } });
    length = Math.floor(length / 2);
  }
  if (cell === 'conv') layers.push('globalPool', ...drops(body));
  return layers;
}
