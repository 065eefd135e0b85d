/** Several hyperparameters in one line of text, as the inside of a YAML mapping: `lr: 0.003, optimizer: adam`. */
import { parse } from 'yaml';
import { flowText } from '../../../experiment/file/flowText.js';
import { markAt, type Floats } from '../../../protocol/values/floats.js';
import { Params } from '../../../protocol/values/index.js';
import { l10n } from '../../../format/l10n.js';

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

type Typed = { params: Params; floats?: Floats | undefined };

export const valuesText = (typed: Typed): string => lines(typed).join(', ');

/** A YAML mapping with a line for each parameter, floats written as floats. */
export const paramsText = (typed: Typed): string =>
  lines(typed)
    .map((line) => `${line}\n`)
    .join('');

const lines = ({ params, floats }: Typed): string[] =>
  Object.entries(params).map(([name, value]) => `${flowText(name)}: ${flowText(value, markAt(floats, name))}`);
