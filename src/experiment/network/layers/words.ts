/** Error messages for an invalid layer. */
import { suggest } from '../../suggest.js';

const LAYER_NAMES = [
  'conv',
  'conv1d',
  'depthwiseConv',
  'separableConv',
  'pool',
  'globalPool',
  'flatten',
  'reshape',
  'rescale',
  'dense',
  'dropout',
  'spatialDropout',
  'batchNorm',
  'layerNorm',
  'activation',
  'embedding',
  'recurrent',
  'attention',
  'position',
  'transformer',
  'residual',
  'repeat',
] as const;

/** Layers that need no settings. */
export const PLAIN_LAYERS = ['flatten', 'batchNorm', 'layerNorm', 'pool', 'globalPool', 'position'] as const;

export const isLayerName = (name: string): boolean => (LAYER_NAMES as readonly string[]).includes(name);

/** `blocks` are the names of the section's blocks. */
export function describeLayer(value: unknown, blocks: readonly string[] = []): string {
  const known = `it must be one of: ${[...LAYER_NAMES, ...blocks].join(', ')}`;
  const unknown = (name: string) => {
    const near = suggest(name, [...LAYER_NAMES, ...blocks]);
    return `unknown layer "${name}"${near ? `; did you mean "${near}"?` : `; ${known}`}`;
  };
  if (typeof value === 'string') {
    return (LAYER_NAMES as readonly string[]).includes(value)
      ? `layer "${value}" needs its settings, such as "${EXAMPLES[value as (typeof LAYER_NAMES)[number]]}"`
      : unknown(value);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `a layer must be a name or "name: settings"; ${known}`;
  }
  const keys = Object.keys(value);
  const layer = keys.find((key) => (LAYER_NAMES as readonly string[]).includes(key));
  if (!layer) return keys.length ? unknown(keys[0]!) : `a layer must be a name or "name: settings"; ${known}`;
  const other = keys.find((key) => key !== layer)!;
  return (LAYER_NAMES as readonly string[]).includes(other)
    ? `two layers in one entry ("${layer}" and "${other}"): begin each with "- "`
    : `"${other}" belongs inside "${layer}: { … }"`;
}

const EXAMPLES: Record<(typeof LAYER_NAMES)[number], string> = {
  conv: 'conv: { filters: 16, kernel: 3, activation: relu }',
  conv1d: 'conv1d: { filters: 16, kernel: 3, activation: relu }',
  depthwiseConv: 'depthwiseConv: { kernel: 3 }',
  separableConv: 'separableConv: { filters: 16, kernel: 3 }',
  reshape: 'reshape: [28, 28]',
  rescale: 'rescale: { factor: 0.1 }',
  spatialDropout: 'spatialDropout: 0.2',
  layerNorm: 'layerNorm',
  embedding: 'embedding: { size: 1000, width: 32 }',
  recurrent: 'recurrent: { cell: lstm, units: 64 }',
  attention: 'attention: 4',
  position: 'position: learned',
  transformer: 'transformer: { heads: 4, width: 64 }',
  residual: 'residual: [{ dense: 64 }]',
  repeat: 'repeat: { times: 2, layers: [{ dense: 64 }] }',
  pool: 'pool: { size: 2 }',
  flatten: 'flatten',
  dense: 'dense: { units: 64, activation: relu }',
  dropout: 'dropout: 0.25',
  batchNorm: 'batchNorm',
  activation: 'activation: relu',
  globalPool: 'globalPool: average',
};
