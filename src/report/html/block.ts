/** A live block as HTML. Everything that a program or a file says is escaped. */
import { l10n } from '../../format/l10n.js';
import { WIDTH, type SvgLook } from '../../drawing/svgParts.js';
import { COLORS } from '../../drawing/palette.js';
import { lineText, type Shown } from '../drawAll.js';
import type { Medium, TableData } from '../draw/index.js';
import type { ReportProblem } from '../problem.js';
import { escapeHtml } from './escape.js';

/** Characters of a cell from which on its text is broken into lines. */
const LONG = 48;

/** Colours come from the page's style sheet, so that a drawing follows the theme. */
export const pageLook = (id: string, width: number): SvgLook => ({
  ...{ text: 'var(--r-text)', faint: 'var(--r-faint)', grid: 'var(--r-grid)', axis: 'var(--r-axis)' },
  ...{ background: 'var(--r-background)', font: 'inherit', id, width },
  series: Array.from({ length: COLORS }, (_, i) => `var(--ts-series-${i})`),
});

/** `isLive`: in the editor, where places in the file and runs can be opened. `width`: of drawings, in pixels. */
export function blockHtml(shown: Shown, index: number, isLive: boolean, width = WIDTH): string {
  const { drawn, problems } = shown;
  if (!drawn)
    return `<div class="r-problems" role="alert">${problems.map((one) => problemHtml(one, isLive)).join('')}</div>`;
  const { title, note, svg, table, media, mediaWidth } = drawn;
  const caption = title === '' ? '' : `<figcaption>${escapeHtml(title)}</figcaption>`;
  const values = tableHtml(table, isLive);
  const body = media
    ? mediaHtml(media, mediaWidth, isLive)
    : svg
      ? `<div class="r-drawing" role="img" aria-label="${escapeHtml(`${title}. ${note}`)}">${svg(pageLook(`b${index}`, width))}</div>` +
        `<details class="r-values"><summary>${escapeHtml(l10n.t('Values as a table'))}</summary>${values}</details>`
      : values;
  return `<figure>${caption}${body}${note === '' ? '' : `<p class="r-note">${escapeHtml(note)}</p>`}</figure>`;
}

/** Files side by side. Their addresses carry the bytes; a page or a text is never anything but text. */
function mediaHtml(media: readonly Medium[], width: number | undefined, isLive: boolean): string {
  const size = width === undefined ? '' : ` width="${width}"`;
  const cells = media.map(({ caption, run, shown }) => {
    const words = escapeHtml(caption);
    const name = isLive ? `<button type="button" data-run="${escapeHtml(run)}">${words}</button>` : words;
    return `<figure class="r-medium ${shown.kind}"><figcaption>${name}</figcaption>${shownHtml(shown, words, size, isLive)}</figure>`;
  });
  return `<div class="r-media">${cells.join('')}</div>`;
}

function shownHtml(shown: Medium['shown'], words: string, size: string, isLive: boolean): string {
  const cut = `<p class="r-note">${escapeHtml(l10n.t('Only the beginning is shown.'))}</p>`;
  switch (shown.kind) {
    case 'image':
      return `<img src="${escapeHtml(shown.url)}" alt="${words}"${size}>`;
    case 'audio':
      return `<audio controls src="${escapeHtml(shown.url)}" aria-label="${words}"></audio>`;
    case 'video':
      return `<video controls src="${escapeHtml(shown.url)}" aria-label="${words}"${size}></video>`;
    case 'table':
      return tableHtml(shown.table, isLive) + (shown.isCut ? cut : '');
    case 'text':
      return `<pre tabindex="0"><code>${escapeHtml(shown.text)}</code></pre>${shown.isCut ? cut : ''}`;
    case 'none':
      return `<p class="r-missing">${escapeHtml(shown.why)}</p>`;
  }
}

export function problemHtml({ line, column, message, hint }: ReportProblem, isLive: boolean): string {
  const place = lineText(line, column);
  const at = isLive
    ? `<button type="button" data-line="${line}" data-column="${column}">${escapeHtml(place)}</button>`
    : `<strong>${escapeHtml(place)}</strong>`;
  return `<p class="r-problem">${at} ${escapeHtml(message)}${hint === '' ? '' : ` <span class="r-hint">${escapeHtml(hint)}</span>`}</p>`;
}

function tableHtml({ columns, rows }: TableData, isLive: boolean): string {
  const side = (i: number): string => (columns[i]?.isNumber ? ' class="number"' : '');
  const head = columns.map(({ title }, i) => `<th scope="col"${side(i)}>${escapeHtml(title)}</th>`).join('');
  const body = rows.map(({ cells, isHeading }) => {
    if (isHeading)
      return `<tr><th class="section" scope="colgroup" colspan="${columns.length}">${escapeHtml(cells[0]!.text)}</th></tr>`;
    const own = cells.map(({ text, more, differs, run }, i) => {
      const plain = escapeHtml(text);
      const name =
        run !== undefined && isLive ? `<button type="button" data-run="${escapeHtml(run)}">${plain}</button>` : plain;
      const side2 = more === undefined ? '' : ` <span class="more">${escapeHtml(more)}</span>`;
      const classes = [columns[i]?.isNumber ? 'number' : '', differs ? 'differs' : '', text.length > LONG ? 'long' : '']
        .filter(Boolean)
        .join(' ');
      const tag = i === 0 ? 'th' : 'td';
      return `<${tag}${i === 0 ? ' scope="row"' : ''}${classes === '' ? '' : ` class="${classes}"`}>${name}${side2}</${tag}>`;
    });
    return `<tr>${own.join('')}</tr>`;
  });
  if (rows.length === 0)
    body.push(`<tr><td colspan="${columns.length}">${escapeHtml(l10n.t('No run matches.'))}</td></tr>`);
  return `<div class="r-table" tabindex="0" role="group" aria-label="${escapeHtml(l10n.t('Table'))}"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}
