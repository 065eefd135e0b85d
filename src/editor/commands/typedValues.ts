/** Several hyperparameters in one line of text, as the inside of a YAML mapping: `lr: 0.003, optimizer: adam`. */
import { parse, stringify } from 'yaml';
import { Params } from '../../protocol/values.js';
import { l10n } from '../l10n.js';

export function readValues(text: string): { params?: Params; problem?: string } {
  let value: unknown;
  try {
    value = parse(`{${text}}`);
  } catch {
    value = null;
  }
  const read = Params.safeParse(value);
  if (!read.success || Object.values(read.data).includes(null)) {
    return { problem: l10n.t('Write names and values, such as lr: 0.003, optimizer: adam') };
  }
  if (Object.keys(read.data).length === 0) return { problem: l10n.t('Name at least one value.') };
  return { params: read.data };
}

export function valuesText(params: Params): string {
  const text = stringify(params, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false });
  return text
    .trim()
    .replace(/^\{|\}$/g, '')
    .trim();
}
