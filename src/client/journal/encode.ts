/** Journal lines, built by hand for the one record that is written again and again. */
import { toWireText } from './wire.js';
import { entryOf } from '../../protocol/values/records.js';

// JSON of a metric's name with its colon. A program logs few names, many times.
const names = new Map<string, string>();

function nameText(name: string): string {
  let text = names.get(name);
  if (text === undefined) {
    text = JSON.stringify(name) + ':';
    // A program that invents names endlessly must not fill the memory.
    if (names.size < 10_000) names.set(name, text);
  }
  return text;
}

/** A metrics record, or '' when no value is a number. Calls `refuse` for each value that is none. */
export function metricsLine(
  values: Record<string, unknown>,
  time: number,
  step: number,
  epoch: number | undefined,
  refuse: (name: string, value: unknown) => void,
): string {
  let body = '';
  for (const name in values) {
    const value = entryOf(values, name);
    const number = typeof value === 'boolean' ? +value : value;
    if (typeof number !== 'number') {
      if (number !== undefined) refuse(name, number);
      continue;
    }
    body += (body === '' ? '' : ',') + nameText(name) + toWireText(number);
  }
  if (body === '') return '';
  const at = epoch === undefined ? `,"step":${step}` : `,"step":${step},"epoch":${epoch}`;
  return `{"type":"metrics","time":${time}${at},"values":{${body}}}\n`;
}

/** Encodes any other record. Numbers that JSON lacks become their wire strings. */
export function recordLine(record: object): string {
  return (
    JSON.stringify(record, (_key, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? JSON.parse(toWireText(value)) : value,
    ) + '\n'
  );
}
