/** Parameters and texts as the editor shows them. */
import { formatParam } from '../format/numbers.js';
import { markAt, type Floats } from '../protocol/values/floats.js';
import type { Params } from '../protocol/values/index.js';

/** `lr 0.003 · optimizer adam`, at most `count` of them; then how many more there are. */
export function formatParams(params: Params, count = Infinity, floats?: Floats): string {
  const entries = Object.entries(params);
  const shown = entries.slice(0, count).map(([name, value]) => `${name} ${formatParam(value, markAt(floats, name))}`);
  if (entries.length > count) shown.push(`+${entries.length - count}`);
  return shown.join(' · ');
}

/** The text with Markdown's and HTML's marks escaped, on one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]()#+\-.!|~$<>&"']/g, (mark) =>
      mark === '<' ? '&lt;' : mark === '>' ? '&gt;' : mark === '&' ? '&amp;' : `\\${mark}`,
    )
    .replaceAll(/\r?\n/g, ' ');
}

/** The text, cut to `length` characters with an ellipsis. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
