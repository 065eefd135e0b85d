/** Writes blocks into the text of a report. */
import { stringify } from 'yaml';
import type { BlockKind } from './keys.js';

/** A fenced block with these keys; undefined ones, and empty lists, are left out. */
export function blockText(kind: BlockKind, keys: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(keys).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  const yaml =
    given.length === 0 ? '' : stringify(Object.fromEntries(given), { lineWidth: 0, flowCollectionPadding: true });
  return `\`\`\`tunesmith ${kind}\n${yaml}\`\`\`\n`;
}
