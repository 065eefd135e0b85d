/** The parts of pdfmake that are used, with types. */
// @ts-expect-error: the package has no types of its own.
import pdfmake from 'pdfmake/js/Printer.js';

interface PdfKitDocument extends NodeJS.ReadableStream {
  registerFont(name: string, file: string, family?: string): void;
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

/** A CommonJS module: its default export is an object with the class. */
export const Printer = (pdfmake as { default: PdfPrinterClass }).default;
export type { PdfPrinter };
