/** The parts of pdfmake that are used; its layout engine has no types of its own. */
declare module 'pdfmake/js/Printer.js' {
  interface PdfKitDocument extends NodeJS.ReadableStream {
    registerFont(name: string, file: string, family?: string): void;
    end(): void;
  }
  class Printer {
    constructor(
      fonts: object,
      virtualfs: { existsSync(file: string): boolean; readFileSync(file: string): Buffer },
      urlResolver: { resolve(): void; resolved(): Promise<void> },
      localAccessPolicy: (file: string) => boolean,
    );
    readonly pdfKitDoc: PdfKitDocument;
    createPdfKitDocument(definition: object, options?: object): Promise<PdfKitDocument>;
  }
  /** A CommonJS module: its default export is an object with the class. */
  const exported: { default: typeof Printer };
  export default exported;
}
