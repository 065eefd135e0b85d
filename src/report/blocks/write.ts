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

/** The text to insert at an offset so that the block stands between blank lines. */
export function insertAfter(text: string, offset: number, block: string): string {
  const before = text.slice(0, offset);
  const after = text.slice(offset);
  const lead = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const trail = after === '' || after.startsWith('\n') ? '' : '\n';
  return `${lead}${block}${trail}`;
}
