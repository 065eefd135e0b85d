/**
 * SVGs of a folder before they go into a PDF. The writer of PDFs opens what an `<image>` names as a file, draws elements as often as
 * they are referred to, and throws at a mistake; so it opens nothing but data here, and each picture is drawn by itself first.
 */
import * as vm from 'node:vm';
import { l10n } from '../../format/l10n.js';
import type { Shown } from '../drawAll.js';
import type { Pictures } from '../pictures.js';
import { drawSvg, PdfDocument, SvgMeasure } from './pdfmake.js';
import { isWhole } from './whole.js';

export const SVG = 'image/svg+xml';
/** Milliseconds for the pictures of a report, and for each of them behind one that took all: references that multiply never end. */
const MOST_TIME = 15_000;
const LEAST_TIME = 500;

/** A PNG or JPEG as data, with nothing around it: the writer reads any other text as the name of a file. */
const DATA = /^data:(image\/(?:png|jpeg));base64,([A-Za-z0-9+/]+={0,2})$/;
/** Bytes that are not a picture: unlike an empty text, they are not looked up as a file. */
const NONE = Buffer.alloc(0);

/** Options with which each drawing of a PDF is drawn. */
export const SVG_OPTIONS = {
  imageCallback: (link: string): string | Buffer => {
    const own = link.replaceAll(/\s+/g, '').replace(/^data:image\/jpg;/, 'data:image/jpeg;');
    const [, mime, data] = DATA.exec(own) ?? [];
    return mime && isWhole(Buffer.from(data!, 'base64'), mime) ? own : NONE;
  },
  // Its warnings are for the author of the picture.
  warningCallback: () => {},
};

/** Returns why each of these can't be in a PDF; those that can are left out. */
export function unfitSvgs(svgs: Iterable<string>, time = MOST_TIME): Map<string, string> {
  const unfit = new Map<string, string>();
  const end = Date.now() + time;
  for (const svg of new Set(svgs)) {
    try {
      // The only way to end work in this thread.
      vm.runInNewContext(
        'draw()',
        { draw: () => tryOut(svg) },
        { timeout: Math.max(Math.min(time, LEAST_TIME), end - Date.now()) },
      );
    } catch (error) {
      unfit.set(svg, reasonOf(error as NodeJS.ErrnoException));
    }
  }
  return unfit;
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error instanceof NoSizeError) return l10n.t('the picture has no width and height');
  if (error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return l10n.t('the picture takes too long to draw');
  return l10n.t('the picture is damaged');
}

class NoSizeError extends Error {
  override name = 'NoSizeError';
}

/** Draws it as the PDF will, into a page that is thrown away. Throws if it can't be drawn. */
function tryOut(svg: string): void {
  const measure = new SvgMeasure();
  const { width, height } = measure.measureSVG(svg);
  if (!(width! > 0 && height! > 0)) throw new NoSizeError();
  const size = { width: 100, height: (100 * height!) / width! };
  const document = new PdfDocument({}, {}, {}, {}, { autoFirstPage: true, font: null });
  const options = { ...size, assumePt: true, useCSS: false, ...SVG_OPTIONS, fontCallback: () => 'Courier' };
  drawSvg(document, measure.writeDimensions(svg, size), 0, 0, options);
}

/** Schemes of links that lead out of a document. */
export const isOutward = (to: string): boolean => /^(?:https?|mailto):/i.test(to);

/** Bytes of an address that carries them. */
export const bytesOf = (url: string): Buffer => Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');

/** The SVGs of a report that come from a folder: pictures of its Markdown, and files that runs have logged. */
export function svgsOf(pictures: Pictures, shown: readonly Shown[]): string[] {
  const media = shown.flatMap(({ drawn }) => drawn?.media ?? []).map((medium) => medium.shown);
  return [
    ...[...pictures.values()].flatMap(({ mime, bytes }) => (mime === SVG && bytes ? [bytes] : [])),
    ...media.flatMap((one) => (one.kind === 'image' && one.mime === SVG ? [bytesOf(one.url)] : [])),
  ].map((bytes) => bytes.toString('utf8'));
}
