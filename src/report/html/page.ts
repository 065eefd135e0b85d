/** A report as a page: for the editor's preview, or as one file that opens anywhere, without scripts and without a network. */
import type { Token } from 'markdown-it';
import { l10n } from '../../format/l10n.js';
import type { ReportDocument } from '../document.js';
import type { Shown } from '../drawAll.js';
import type { Pictures } from '../pictures.js';
import { blockHtml, problemHtml } from './block.js';
import { escapeHtml } from './escape.js';
import { markdownHtml } from './markdown.js';
import { EXPORT_THEME, PREVIEW_THEME, REPORT_STYLES } from './styles.js';

/** The pieces in their order. `shown`: blocks that are drawn; one that is missing waits for its drawing. */
export function bodyHtml(
  document: ReportDocument,
  pictures: Pictures,
  shown: readonly (Shown | undefined)[],
  isLive: boolean,
  width?: number,
): string {
  const anchors = new Map<string, number>();
  const parts = document.problems.map(
    (problem) => `<div class="r-problems r-block">${problemHtml(problem, isLive)}</div>`,
  );
  for (const piece of document.pieces) {
    if (piece.kind === 'markdown') {
      if (!isLive) parts.push(markdownHtml(piece.tokens, pictures, anchors));
      else
        for (const element of elementsOf(piece.tokens))
          parts.push(`<div class="r-piece"${placeOf(element)}>${markdownHtml(element, pictures, anchors)}</div>`);
      continue;
    }
    const own = shown[piece.index];
    const inner = own
      ? blockHtml(own, piece.index, isLive, width)
      : `<p class="r-empty">${escapeHtml(l10n.t('Reading…'))}</p>`;
    const ends = { isFirst: piece === document.pieces[0], isLast: piece === document.pieces.at(-1) };
    const tools = isLive ? toolsHtml(piece.index, ends) : '';
    const at = isLive ? ` data-at="${piece.line}"` : '';
    parts.push(
      `<section class="r-block" data-block="${piece.index}"${at}>${tools}<div class="r-inner">${inner}</div></section>`,
    );
  }
  if (document.pieces.length === 0)
    parts.push(
      `<p class="r-empty">${escapeHtml(l10n.t('This report is empty. Write Markdown, and insert charts and tables.'))}</p>`,
    );
  return parts.join('\n');
}

/** Paragraphs, headings, lists and the like, each with its tokens: blocks can stand between them. */
function elementsOf(tokens: readonly Token[]): Token[][] {
  const elements: Token[][] = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) elements.push([]);
    elements.at(-1)!.push(token);
    depth += token.nesting;
  }
  return elements;
}

const placeOf = ([first]: readonly Token[]): string => (first?.map ? ` data-at="${first.map[0] + 1}"` : '');

/** A handle that drags the block, and buttons that move it; at the ends of the report one of them does nothing. */
function toolsHtml(index: number, { isFirst, isLast }: { isFirst: boolean; isLast: boolean }): string {
  const button = (by: -1 | 1, sign: string, text: string): string => {
    const disabled = (by < 0 ? isFirst : isLast) ? ' disabled' : '';
    return `<button type="button" data-move="${by}" title="${escapeHtml(text)}" aria-label="${escapeHtml(text)}"${disabled}>${sign}</button>`;
  };
  const [up, down] = [l10n.t('Move block {0} up', index + 1), l10n.t('Move block {0} down', index + 1)];
  const drag = escapeHtml(l10n.t('Drag to move the block'));
  return `<div class="r-tools"><span class="r-handle" draggable="true" title="${drag}" aria-hidden="true">⋮⋮</span>${button(-1, '↑', up)}${button(1, '↓', down)}</div>`;
}

/** One file with everything in it. */
export function exportedPage(
  document: ReportDocument,
  pictures: Pictures,
  shown: readonly Shown[],
  { language, made }: { language: string; made: string },
): string {
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Tunesmith">
<title>${escapeHtml(document.title || l10n.t('Report'))}</title>
<style>${EXPORT_THEME}${REPORT_STYLES}</style>
</head>
<body>
<main>
${bodyHtml(document, pictures, shown, false)}
<p class="r-note">${escapeHtml(made)}</p>
</main>
</body>
</html>
`;
}

export interface PreviewAssets {
  script: string;
  cspSource: string;
  nonce: string;
  language: string;
  translations: Readonly<Record<string, string>>;
}

/** The preview's page: our own script and style sheet and pictures that came with the text, nothing else. */
export function previewPage({ script, cspSource, nonce, language, translations }: PreviewAssets): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    'img-src data:',
    'media-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const bar = [
    ['insert', l10n.t('Insert Block…')],
    ['html', l10n.t('Export HTML…')],
    ['pdf', l10n.t('Export PDF…')],
    ['text', l10n.t('Open Text')],
  ].map(
    ([id, text]) => `<button type="button" data-do="${id}" data-testid="report-${id}">${escapeHtml(text!)}</button>`,
  );
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(l10n.t('Report'))}</title>
<style nonce="${nonce}">${PREVIEW_THEME}${REPORT_STYLES}</style>
</head>
<body data-translations="${escapeHtml(JSON.stringify(translations))}">
<header class="r-bar"><span class="r-state" role="status"></span><span class="r-moves" role="status"></span><div role="toolbar" aria-label="${escapeHtml(l10n.t('Report'))}">${bar.join('')}</div></header>
<main data-testid="report"></main>
<script nonce="${nonce}" src="${escapeHtml(script)}"></script>
</body>
</html>
`;
}
