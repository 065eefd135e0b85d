/** Looks at pictures before they go into a PDF: a program may have been ended while it wrote one, and one broken picture would cost the whole file. */
import { inflateSync } from 'node:zlib';
import { PdfDocument } from './pdfmake.js';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Bytes of the pixels of a picture at most. */
const MOST_PIXEL_BYTES = 256 * 2 ** 20;
/** Channels by the colour type of a PNG. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Returns whether a PNG or JPEG is whole, so that the writer of PDFs can decode it. */
export const isWhole = (bytes: Buffer, mime: string): boolean => {
  try {
    if (!(mime === 'image/png' ? isWholePng(bytes) : isWholeJpeg(bytes))) return false;
    // The writer reads more than this: palettes, and the side that is up.
    return Boolean(new PdfDocument({}, {}, {}, {}, { autoFirstPage: false, font: null }).openImage(bytes));
  } catch {
    return false;
  }
};

function isWholePng(bytes: Buffer): boolean {
  if (!bytes.subarray(0, 8).equals(PNG)) return false;
  const data: Buffer[] = [];
  let [header, isEnded]: [Buffer | null, boolean] = [null, false];
  for (let at = 8; at + 12 <= bytes.length && !isEnded;) {
    const length = bytes.readUInt32BE(at);
    const kind = bytes.toString('latin1', at + 4, at + 8);
    const own = bytes.subarray(at + 8, at + 8 + length);
    if (own.length < length) return false;
    if (kind === 'IHDR') header = own;
    if (kind === 'IDAT') data.push(own);
    isEnded = kind === 'IEND';
    at += 12 + length;
  }
  const size = header ? pixelBytes(header) : 0;
  if (!isEnded || size <= 0 || size > MOST_PIXEL_BYTES) return false;
  const rows = inflateSync(Buffer.concat(data), { maxOutputLength: MOST_PIXEL_BYTES });
  return rows.length >= size && hasFilters(header!, rows);
}

/** Steps of the passes of an interlaced PNG: first column and row, and the distance to the next. */
const ADAM7 = [
  ...[[0, 0, 8, 8] as const, [4, 0, 8, 8] as const, [0, 4, 4, 8] as const, [2, 0, 4, 4] as const],
  ...[[0, 2, 2, 4] as const, [1, 0, 2, 2] as const, [0, 1, 1, 2] as const],
];

/**
 * Returns whether each row begins with a filter that exists, as the writer walks the rows: it decodes them later, outside of any
 * promise, where its error would end the process.
 */
function hasFilters(header: Buffer, rows: Buffer): boolean {
  const [width, height, bits] = [header.readUInt32BE(0), header.readUInt32BE(4), pixelBits(header)];
  let at = 0;
  for (const [x, y, dx, dy] of header[12] === 1 ? ADAM7 : [[0, 0, 1, 1] as const]) {
    const row = 1 + Math.ceil((Math.ceil((width - x) / dx) * bits) / 8);
    for (let left = Math.ceil((height - y) / dy); left > 0 && at < rows.length; left--, at += row)
      if (rows[at]! > 4) return false;
  }
  return true;
}

const pixelBits = (header: Buffer): number => (CHANNELS[header[9]!] ?? 0) * header[8]!;

/** Bytes of the rows of a picture, its filters included, or fewer if it is interlaced. */
function pixelBytes(header: Buffer): number {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const bits = pixelBits(header);
  return width === 0 || height === 0 ? 0 : height * Math.ceil((width * bits) / 8);
}

/** A JPEG has a frame with a size, and an end. */
function isWholeJpeg(bytes: Buffer): boolean {
  if (bytes.readUInt16BE(0) !== 0xffd8) return false;
  for (let at = 2; at + 9 < bytes.length;) {
    const marker = bytes.readUInt16BE(at);
    if (marker >> 8 !== 0xff) return false;
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame)
      return (
        bytes.readUInt16BE(at + 5) > 0 &&
        bytes.readUInt16BE(at + 7) > 0 &&
        bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) > at
      );
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return false;
}
