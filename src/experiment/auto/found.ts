/** The experiment file of a network that was found: an ordinary one, with its layers spelled out. */
import { entryOf } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import { flowText, scalarText } from '../file/flowText.js';
import { bodyLayers, normalizeBody, type WrittenBody } from '../network/layers/body.js';
import { fillNetwork } from '../start/fillNetwork.js';
import { AUTO_MARK } from './source.js';

export interface FoundNetwork {
  name: string;
  /** The section that was searched, with its placeholders. */
  template: Record<string, unknown>;
  params: Params;
  inputShape: readonly number[];
  outputs: number;
  loss: string;
  epochs: number;
}

/** Hyperparameters that remain in the found file, and the range for a further search. */
const KEPT: Record<string, (value: number) => object | null> = {
  learning_rate: (value) => ({ log: [round(value / 3), round(value * 3)] }),
  weight_decay: (value) => ({ log: [round(value / 10), round(value * 10)] }),
  dropout: (value) => (value > 0 ? { uniform: [0, round(Math.min(0.9, value + 0.2))] } : null),
  batch_size: () => ({ choice: [16, 32, 64, 128] }),
};
const round = (value: number): number => Number(value.toPrecision(3));

export function foundText(found: FoundNetwork): string {
  const { template, params, inputShape, outputs, loss, epochs } = found;
  const kept = Object.keys(KEPT).filter((name) => typeof entryOf(params, name) === 'number');
  const filled = fillNetwork(template, rounded(params, kept), {}) as Record<string, unknown>;
  const body = normalizeBody(filled.body as WrittenBody);
  const layers = body ? bodyLayers(body, inputShape, outputs) : (filled.layers as unknown[]);
  const settings = network({ ...filled, loss: filled.loss ?? loss, epochs }, template, kept);
  const space = kept.flatMap((name) => {
    const range = KEPT[name]!(round(entryOf(params, name) as number));
    return range ? [`    ${name}: ${flowText(range)}`] : [];
  });
  return [
    `${AUTO_MARK} The best network found; you can change this file like any other.`,
    `name: ${scalarText(found.name)}`,
    'network:',
    `  data: ${flowText(withoutSearched(filled.data, template.data))}`,
    '  layers:',
    ...layers.map((layer) => `    - ${flowText(placed(layer, kept))}`),
    ...settings,
    'params:',
    ...kept.map((name) => `  ${name}: ${flowText(round(entryOf(params, name) as number))}`),
    'objective: { metric: val/loss, goal: minimize }',
    'search:',
    '  trials: 30',
    '  space:',
    ...space,
    '',
  ].join('\n');
}

/** Writes numbers as the search used them, so that training the file repeats its result. */
function rounded(params: Params, kept: readonly string[]): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      kept.includes(name) && typeof value === 'number' ? round(value) : value,
    ]),
  );
}

/** Lines of the section's other keys, with the placeholders that are kept. */
function network(
  filled: Record<string, unknown>,
  template: Record<string, unknown>,
  kept: readonly string[],
): string[] {
  const left = ['data', 'layers', 'body', 'seconds'];
  return Object.entries(filled)
    .filter(([key, value]) => !left.includes(key) && value !== 0 && !isIdle(value))
    .map(([key, value]) => `  ${key}: ${flowText(merged(value, template[key], kept))}`);
}

/** Augmentation that does nothing. */
const isIdle = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => one === 0);

function merged(value: unknown, written: unknown, kept: readonly string[]): unknown {
  if (typeof written === 'string' && kept.some((name) => written === `{${name}}`)) return written;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const inner = (written ?? {}) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, merged(one, inner[key], kept)]));
}

/** Dropout layers take the hyperparameter's value. */
function placed(layer: unknown, kept: readonly string[]): unknown {
  if (Array.isArray(layer)) return layer.map((one) => placed(one, kept));
  if (typeof layer !== 'object' || layer === null) return layer;
  return Object.fromEntries(
    Object.entries(layer).map(([key, value]) => [
      key,
      key === 'dropout' && kept.includes('dropout') ? '{dropout}' : placed(value, kept),
    ]),
  );
}

/** The data without the limit that the search's time has set. */
function withoutSearched(data: unknown, template: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const [[source, settings]] = Object.entries(data) as [[string, Record<string, unknown> | null]];
  const written = ((template as Record<string, unknown>)[source] ?? {}) as Record<string, unknown>;
  const own = Object.entries(settings ?? {}).filter(([key]) => key !== 'limit' || written.limit !== '{limit}');
  return own.length > 0 ? { [source]: Object.fromEntries(own) } : source === 'mnist' ? 'mnist' : { [source]: {} };
}
