/**
 * Reports: Markdown files with live blocks, drawn from the store. Built as a bundle of its own, which the editor and the command
 * line load when a report is first opened, so that neither carries Markdown and PDF from its start.
 */
import { l10n } from '../format/l10n.js';
import { readDocument, type ReportDocument } from './document.js';
import { showAll, type Shown } from './drawAll.js';
import type { DrawParts } from './draw/index.js';
import { exportedPage } from './html/page.js';
import { exportedPdf, type Pdf } from './pdf/index.js';
import { readPictures, type Pictures } from './pictures.js';

export { useTranslations } from '../format/l10n.js';
export { readDocument, type BlockPiece, type ReportDocument } from './document.js';
export { problemLine, showBlock, type Shown } from './drawAll.js';
export type { Ask, Drawn, DrawParts, Hover } from './draw/index.js';
export { MEDIA_BYTES } from './draw/media.js';
export { blockHtml } from './html/block.js';
export { bodyHtml, previewPage } from './html/page.js';
export { readPictures, type Pictures } from './pictures.js';
export { pathWithin } from './within.js';
export { BLOCK_KINDS, BLOCKS, keyHelp, type BlockKind } from './blocks/keys.js';
export { blockText } from './blocks/write.js';
export { behind, between, moveBlock, offsetOf, type TextEdit } from './blocks/move.js';
export type { ReportProblem } from './problem.js';

/** A report that is drawn whole, once, to be exported. */
export interface WholeReport {
  document: ReportDocument;
  pictures: Pictures;
  shown: Shown[];
}

/** `file` and `workspace` say where its pictures may come from. */
export async function drawReport(
  text: string,
  { file, workspace }: { file: string; workspace: string },
  parts: DrawParts,
): Promise<WholeReport> {
  const document = readDocument(text);
  const pictures = await readPictures(document, file, workspace);
  return { document, pictures, shown: await showAll(document.blocks, parts) };
}

const made = (now: number): string =>
  l10n.t('Made by Tunesmith on {0}.', new Date(now).toISOString().slice(0, 16).replace('T', ' ') + ' UTC');

export const reportHtml = ({ document, pictures, shown }: WholeReport, language: string, now: number): string =>
  exportedPage(document, pictures, shown, { language, made: made(now) });

export const reportPdf = ({ document, pictures, shown }: WholeReport, fonts: string, now: number): Promise<Pdf> =>
  exportedPdf(document, pictures, shown, { fonts, made: made(now) });
