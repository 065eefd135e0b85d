/** Writes blocks into the text of a report. */
import { Document, visit } from 'yaml';
import type { BlockKind } from './keys.js';

/** Breaks of lines and other controls: a text that has them is written on one line, in quotes. */
const CONTROLS = /[\0-\x1f\x7f\x85\u2028\u2029]/;

/**
 * A fenced block with these keys; undefined ones, and empty lists, are left out. The values may come from a stranger's file: none
 * ends the block, because its fence is longer than any within.
 */
export function blockText(kind: BlockKind, keys: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(keys).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  const yaml = given.length === 0 ? '' : yamlOf(Object.fromEntries(given));
  const longest = Math.max(0, ...[...yaml.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}tunesmith ${kind}\n${yaml}${fence}\n`;
}

function yamlOf(value: Readonly<Record<string, unknown>>): string {
  const document = new Document(value);
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && CONTROLS.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({
    ...{ lineWidth: 0, flowCollectionPadding: true },
    ...{ blockQuote: false, doubleQuotedMinMultiLineLength: Infinity },
  });
}
