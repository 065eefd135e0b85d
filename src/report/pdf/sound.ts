/** Looks at pictures before they go into a PDF: a program may have been ended while it wrote one, and one broken picture would cost the whole file. */
import { inflateSync } from 'node:zlib';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Bytes of the pixels of a picture at most. */
const MOST_PIXEL_BYTES = 256 * 2 ** 20;
/** Channels by the colour type of a PNG. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Returns whether a PNG or JPEG is whole. */
export const isSound = (bytes: Buffer, mime: string): boolean => {
  try {
    return mime === 'image/png' ? isSoundPng(bytes) : isSoundJpeg(bytes);
  } catch {
    return false;
  }
};

function isSoundPng(bytes: Buffer): boolean {
  if (!bytes.subarray(0, 8).equals(PNG)) return false;
  const data: Buffer[] = [];
  let [size, isEnded] = [0, false];
  for (let at = 8; at + 12 <= bytes.length && !isEnded;) {
    const length = bytes.readUInt32BE(at);
    const kind = bytes.toString('latin1', at + 4, at + 8);
    const own = bytes.subarray(at + 8, at + 8 + length);
    if (own.length < length) return false;
    if (kind === 'IHDR') size = pixelBytes(own);
    if (kind === 'IDAT') data.push(own);
    isEnded = kind === 'IEND';
    at += 12 + length;
  }
  if (!isEnded || size <= 0 || size > MOST_PIXEL_BYTES) return false;
  return inflateSync(Buffer.concat(data), { maxOutputLength: MOST_PIXEL_BYTES }).length >= size;
}

/** Bytes of the rows of a picture, its filters included, or fewer if it is interlaced. */
function pixelBytes(header: Buffer): number {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const channels = CHANNELS[header[9]!];
  if (channels === undefined || width === 0 || height === 0) return 0;
  return height * Math.ceil((width * channels * header[8]!) / 8);
}

/** A JPEG has a frame with a size, and an end. */
function isSoundJpeg(bytes: Buffer): boolean {
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
