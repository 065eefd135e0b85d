/** Reads the header of an image file without unpacking it. */
import { TrainingError } from '../../errors.js';
import { said } from '../../../format/said.js';

export interface ImageHeader {
  format: 'png' | 'jpeg' | 'webp' | 'gif';
  width: number;
  height: number;
  /** Channels without alpha: 1 is grayscale, 4 is CMYK. */
  channels: number;
  /** Upper limit of the bytes that a PNG's pixels take when unpacked. */
  unpacked: number;
  interlaced: boolean;
}

/** Largest allowed image; a larger one could be an attempt to exhaust memory. */
export const MOST_PIXELS = 100e6;

/** Reads the header; `name` is for messages. */
export function readHeader(bytes: Uint8Array, name: string): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isWebp(view) && isAnimated(view)) throw new TrainingError(said('{0} is animated: save one picture of it', name));
  const parse = PARSERS.find(([is]) => is(view))?.[1];
  const header = parse?.(view);
  if (!header) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const begin = start || said('nothing');
    throw new TrainingError(
      parse
        ? said('{0} is cut short or damaged: it has no size ({1} bytes, beginning with {2})', name, bytes.length, begin)
        : said('{0} is neither PNG, JPEG, WebP nor GIF ({1} bytes, beginning with {2})', name, bytes.length, begin),
    );
  }
  const { width, height } = header;
  if (width * height === 0 || width * height > MOST_PIXELS) {
    throw new TrainingError(said('{0} says it has {1}×{2} pixels: at most 100 million are read', name, width, height));
  }
  return header;
}

const isPng = (view: DataView) =>
  view.byteLength >= 8 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;
const isJpeg = (view: DataView) => view.byteLength >= 3 && view.getUint16(0) === 0xffd8 && view.getUint8(2) === 0xff;

const isWebp = (view: DataView) =>
  view.byteLength >= 16 && view.getUint32(0) === 0x52494646 && view.getUint32(8) === 0x57454250;
/** `GIF87a` or `GIF89a`. */
const isGif = (view: DataView) =>
  view.byteLength >= 6 && view.getUint32(0) === 0x47494638 && [0x3761, 0x3961].includes(view.getUint16(4));

const PARSERS: [is: (view: DataView) => boolean, parse: (view: DataView) => ImageHeader | null][] = [
  [isPng, pngHeader],
  [isJpeg, jpegHeader],
  [isWebp, webpHeader],
  [isGif, gifHeader],
];

/** Samples per pixel, by colour type. */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const COLOURED = 2;

function pngHeader(view: DataView): ImageHeader | null {
  if (view.byteLength < 33 || view.getUint32(12) !== 0x49484452) return null;
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, colours] = [view.getUint8(24), view.getUint8(25)];
  const samples = SAMPLES[colours];
  if (samples === undefined) return null;
  const row = Math.ceil((width * samples * depth) / 8) + 1;
  return {
    format: 'png',
    width,
    height,
    channels: colours & COLOURED ? 3 : 1,
    // Each of the seven passes of an interlaced image has its own rows, and rounds their number up.
    unpacked: 2 * (row + 8) * (height + 8),
    interlaced: view.getUint8(28) !== 0,
  };
}

function jpegHeader(view: DataView): ImageHeader | null {
  for (let at = 2; at + 9 < view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    // Fill bytes and standalone markers are skipped.
    if (marker === 0xff || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { format: 'jpeg', width, height, channels: view.getUint8(at + 9), unpacked: 0, interlaced: false };
    }
    const length = view.getUint16(at + 2);
    // A marker of 0 is invalid: the codec would continue after it and might find another size there.
    if (length < 2 || marker === 0 || marker === 0xda || marker === 0xd9) return null;
    at += 2 + length;
  }
  return null;
}

const coloured = (format: 'webp' | 'gif', width: number, height: number): ImageHeader => ({
  format,
  width,
  height,
  channels: 3,
  unpacked: 0,
  interlaced: false,
});

/** An extended header with the flag for animation. */
const isAnimated = (view: DataView): boolean =>
  view.byteLength > 20 && view.getUint32(12) === 0x56503858 && (view.getUint8(20) & 2) !== 0;

/** RFC 9649: a lossy, lossless or extended image. */
function webpHeader(view: DataView): ImageHeader | null {
  if (view.byteLength < 30) return null;
  const size = (at: number): number => view.getUint16(at, true) & 0x3fff;
  switch (view.getUint32(12)) {
    case 0x56503820:
      return coloured('webp', size(26), size(28));
    case 0x5650384c: {
      const bits = view.getUint32(21, true);
      return coloured('webp', (bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case 0x56503858: {
      const wide = (at: number): number => view.getUint16(at, true) + (view.getUint8(at + 2) << 16) + 1;
      return coloured('webp', wide(24), wide(27));
    }
    default:
      return null;
  }
}

function gifHeader(view: DataView): ImageHeader | null {
  return view.byteLength < 13 ? null : coloured('gif', view.getUint16(6, true), view.getUint16(8, true));
}
