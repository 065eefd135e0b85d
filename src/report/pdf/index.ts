/** A report as a PDF. Drawings are vectors; nothing is fetched, and no file is read but fonts. */
import { l10n } from '../../format/l10n.js';
import type { ReportDocument } from '../document.js';
import type { Shown } from '../drawAll.js';
import type { Pictures } from '../pictures.js';
import { PdfContent } from './content.js';
import { PdfFonts, TEXT } from './fonts.js';
import { Printer, type PdfKitDocument, type PdfPrinter } from './pdfmake.js';
import { isOutward, svgsOf, unfitSvgs } from './svg.js';

export interface Pdf {
  bytes: Buffer;
  /** For the person: characters that no font here has. */
  notes: string[];
}

/** Removes links that lead elsewhere than those of the Markdown may: pictures have links, too. */
function keepLinks(document: PdfKitDocument): void {
  const make = document.ref.bind(document);
  document.ref = (data) => {
    for (const owner of [data, data?.A])
      if (owner?.URI !== undefined && !isOutward(String(owner.URI))) owner.URI = new String('');
    return make(data);
  };
}

/** `fonts`: the folder of the fonts that come with Tunesmith. */
export async function exportedPdf(
  document: ReportDocument,
  pictures: Pictures,
  shown: readonly Shown[],
  { fonts: folder, made }: { fonts: string; made: string },
): Promise<Pdf> {
  const fonts = new PdfFonts(folder);
  const maker = new PdfContent(fonts, pictures, unfitSvgs(svgsOf(pictures, shown)));
  const content = [
    ...maker.all(document, shown),
    { text: maker.text(made, { color: '#59636e', fontSize: 8 }), margin: [0, 12, 0, 0] },
  ];
  const title = document.title || l10n.t('Report');
  const none = (): never => {
    throw new Error('A PDF of a report fetches nothing.');
  };
  const { direct, collections } = fonts.split();
  const files = new Set(Object.values(direct).flatMap((family) => Object.values(family)));
  const printer: PdfPrinter = new Printer(
    direct,
    { existsSync: () => false, readFileSync: none },
    { resolve: () => undefined, resolved: () => Promise.resolve() },
    // Pictures come as data; only fonts are files.
    (file) => files.has(file),
  );
  const definition = {
    ...{ pageSize: 'A4', pageMargins: [48, 48, 48, 48], info: { title, creator: 'Tunesmith' } },
    defaultStyle: { font: TEXT, fontSize: 10.5, lineHeight: 1.25, color: '#1f2328' },
    footer: (page: number, pages: number) => ({
      ...{ text: `${page} / ${pages}`, alignment: 'center', fontSize: 8, color: '#59636e', margin: [0, 16, 0, 0] },
    }),
    // A heading is not left alone at the foot of a page.
    pageBreakBefore: (
      node: { headlineLevel?: number },
      nodes: { getFollowingNodesOnPage(): unknown[]; getNodesOnNextPage(): unknown[] },
    ) =>
      node.headlineLevel !== undefined &&
      nodes.getFollowingNodesOnPage().length === 0 &&
      nodes.getNodesOnNextPage().length > 0,
    // Fonts of a collection get a name of their own, by which text and drawings find them, as soon as there is a document.
    get content() {
      keepLinks(printer.pdfKitDoc);
      for (const [name, [file, within]] of collections) printer.pdfKitDoc.registerFont(name, file, within);
      return content;
    },
  };
  const stream = await printer.createPdfKitDocument(definition);
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
    stream.end();
  });
  const missing = [...fonts.missing];
  const notes =
    missing.length === 0
      ? []
      : [
          l10n.t(
            'No font on this machine has {0} of the characters ({1}). Install one that has them, such as Noto Sans CJK, or print the HTML from a browser.',
            missing.length,
            missing.slice(0, 10).join(' '),
          ),
        ];
  return { bytes, notes };
}
