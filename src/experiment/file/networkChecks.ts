/**
 * Checks of the `network:` section that need the rest of the file: its placeholders, and the architectures they choose.
 */
import type { Dimension } from '../../search/index.js';
import type { ParamValue } from '../../protocol/values/index.js';
import { entryOf } from '../../protocol/values/records.js';
import { blockProblems, checkNetworkTemplate } from '../network/index.js';
import { describeLayer, isLayerName } from '../network/layers/words.js';
import { kindPlaceholder } from '../network/kit.js';
import { splitHint } from '../search/space.js';
import { placeholders } from '../start/fill.js';
import type { Reading } from './reading.js';
import type { Fault, Path } from './source.js';
import { l10n } from '../../format/l10n.js';

type Report = (at: Path, fault: Fault, where?: 'key' | 'value') => void;
/** Use of a hyperparameter for layers: as a layer's kind, or as the name of blocks. */
interface Use {
  name: string;
  kind: boolean;
}

/** `checkName` checks a hyperparameter's name that stands in a text of the section, at the path. */
export function checkNetwork(
  { written, params, pathOf }: Reading,
  dimensions: ReadonlyMap<string, Dimension>,
  report: Report,
  checkName: (name: string, text: string, at: Path) => void,
): void {
  const { network } = written!;
  for (const { path: at, message } of checkNetworkTemplate(network)) {
    const fault = splitHint(message);
    report(['network', ...at], fault, fault.message.startsWith('unknown key') ? 'key' : 'value');
  }
  const visit = (value: unknown, at: Path): void => {
    if (typeof value === 'string') placeholders(value).forEach((name) => checkName(name, value, at));
    else if (Array.isArray(value)) value.forEach((item, i) => visit(item, [...at, i]));
    else if (typeof value === 'object' && value !== null) {
      const kind = kindPlaceholder(value);
      if (kind !== null) placeholders(kind).forEach((name) => checkName(name, kind, at));
      for (const [key, item] of Object.entries(value)) visit(item, [...at, key]);
    }
  };
  visit(network, ['network']);
  for (const use of usesOf(network)) {
    const d = dimensions.get(use.name);
    const own = entryOf(params, use.name);
    const check = (value: ParamValue, at: Path) => {
      const fault = faultOfChoice(value, use, network);
      if (fault !== null) report(at, { ...splitHint(fault), message: `"${use.name}": ${splitHint(fault).message}` });
    };
    if (d?.kind === 'choice') {
      d.choices.forEach((choice, i) => check(choice, ['search', 'space', use.name, 'choice', i]));
    } else if (d && d.kind !== 'constant') {
      const message = l10n.t('"{0}" names layers: a range of numbers can\'t', use.name);
      report(['search', 'space', use.name], { message, hint: l10n.t('write { choice: [a, b] } with names of blocks') });
    }
    if (own !== undefined && own !== null && d?.kind !== 'choice') {
      check(own, ['params', ...(pathOf.get(use.name) ?? [use.name])]);
    }
  }
}

/** Returns the hyperparameters that represent layers. */
function usesOf(network: unknown): Use[] {
  const found = new Map<string, Use>();
  const add = (text: unknown, kind: boolean) => {
    if (typeof text !== 'string') return;
    const name = /^\{([A-Za-z_][\w.\-/]*)\}$/.exec(text)?.[1];
    if (name !== undefined && !found.has(name)) found.set(name, { name, kind });
  };
  const list = (value: unknown): void => {
    add(value, false);
    if (Array.isArray(value)) value.forEach(entry);
  };
  const entry = (value: unknown): void => {
    list(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    add(kindPlaceholder(value), true);
    const { residual, repeat } = value as Record<string, unknown>;
    for (const inner of [residual, repeat]) {
      list(inner);
      if (typeof inner === 'object' && inner !== null && 'layers' in inner) list(inner.layers);
    }
  };
  const { layers, blocks } = (network ?? {}) as Record<string, unknown>;
  list(layers);
  if (typeof blocks === 'object' && blocks !== null) Object.values(blocks).forEach(list);
  return [...found.values()];
}

/** Returns why the value can't represent layers; null: it can. */
function faultOfChoice(value: ParamValue, { name, kind }: Use, network: unknown): string | null {
  if (kind) return typeof value === 'string' && isLayerName(value) ? null : describeLayer(value);
  const names = [value].flat(9);
  if (!names.every((one) => typeof one === 'string')) return l10n.t('must be the name of a block, or a list of names');
  const filled = JSON.parse(JSON.stringify(network), (_, one: unknown) =>
    one === `{${name}}` ? value : one,
  ) as unknown;
  return blockProblems(filled, true)[0]?.message ?? null;
}
