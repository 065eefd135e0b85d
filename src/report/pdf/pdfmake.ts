/** The parts of pdfmake that are used, with types. */
// @ts-expect-error: the package has no types of its own.
import svgToPdfkit from 'pdfmake/js/3rd-party/svg-to-pdfkit.js';
// @ts-expect-error: the package has no types of its own.
import pdfDocument from 'pdfmake/js/PDFDocument.js';
// @ts-expect-error: the package has no types of its own.
import printer from 'pdfmake/js/Printer.js';
// @ts-expect-error: the package has no types of its own.
import svgMeasure from 'pdfmake/js/SVGMeasure.js';

/** An object that is written into a PDF; `URI`: the address of a link. */
interface PdfData {
  A?: { URI?: unknown };
  URI?: unknown;
}
interface PdfKitDocument extends NodeJS.ReadableStream {
  registerFont(name: string, file: string, family?: string): void;
  ref(data?: PdfData): unknown;
  openImage(bytes: Buffer): unknown;
  end(): void;
}
interface PdfPrinter {
  readonly pdfKitDoc: PdfKitDocument;
  createPdfKitDocument(definition: object, options?: object): Promise<PdfKitDocument>;
}
type PdfPrinterClass = new (
  fonts: object,
  virtualfs: { existsSync(file: string): boolean; readFileSync(file: string): Buffer },
  urlResolver: { resolve(): void; resolved(): Promise<void> },
  localAccessPolicy: (file: string) => boolean,
) => PdfPrinter;
type PdfDocumentClass = new (
  fonts: object,
  images: object,
  patterns: object,
  attachments: object,
  options: object,
) => PdfKitDocument;
type SvgMeasureClass = new () => {
  measureSVG(svg: string): { width: number | undefined; height: number | undefined };
  writeDimensions(svg: string, size: { width: number; height: number }): string;
};
type DrawSvg = (document: PdfKitDocument, svg: string, x: number, y: number, options: object) => void;

/** The bundler gives the module, others its default export. */
const exported = <T>(module: unknown): T => (module as { default?: T }).default ?? (module as T);
export const Printer = exported<PdfPrinterClass>(printer);
export const PdfDocument = exported<PdfDocumentClass>(pdfDocument);
export const SvgMeasure = exported<SvgMeasureClass>(svgMeasure);
export const drawSvg = exported<DrawSvg>(svgToPdfkit);
export type { PdfKitDocument, PdfPrinter };
