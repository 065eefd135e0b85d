/** Decodes PNG, JPEG, WebP and GIF files. */
import { inflateSync } from 'node:zlib';
import { TrainingError, messageOf } from '../../errors.js';
import { decodeJpeg, decodeWebp } from './codecs.js';
import { MOST_PIXELS, readHeader, type ImageHeader } from './header.js';
import { said } from '../../../format/said.js';

export interface Pixels {
  width: number;
  height: number;
  /** Red, green, blue and alpha of each pixel, row by row, rotated upright as EXIF says. */
  rgba: Uint8Array | Uint8ClampedArray;
  /** Number of channels; 1 for grayscale. */
  channels: 1 | 3;
}

/** Decodes an image. Throws TrainingError, with `name`, when the file is damaged. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Pixels> {
  const header = readHeader(bytes, name);
  const channels = header.channels === 1 ? 1 : 3;
  try {
    if (header.format === 'jpeg' && header.channels === 4) return { ...(await decodePrint(bytes)), channels };
    if (header.format === 'jpeg') return { ...(await decodeJpeg(bytes)), channels };
    if (header.format === 'webp') return { ...(await decodeWebp(bytes)), channels };
    if (header.format === 'gif') return { ...(await decodeGif(bytes, header)), channels };
    // The library does not limit the unpacked size of interlaced images.
    if (header.interlaced) inflateSync(imageData(bytes), { maxOutputLength: header.unpacked });
    const { PNG } = await import('pngjs');
    const { width, height, data } = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return { width, height, rgba: data, channels };
  } catch (error) {
    throw new TrainingError(said('{0} is damaged: {1}', name, reason(error)));
  }
}

const reason = (error: unknown): string => {
  const text = messageOf(error);
  return /read requests|unrecognised content at end|unexpected end/i.test(text) ? `it is cut short (${text})` : text;
};

/** Concatenates all IDAT chunks of a PNG file. */
function imageData(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x49444154) parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return Buffer.concat(parts);
}

type Decoded = Omit<Pixels, 'channels'>;

/** Decodes a JPEG file with the colours of print (CMYK), which the fast codec does not know. */
async function decodePrint(bytes: Uint8Array): Promise<Decoded> {
  const { decode } = await import('jpeg-js');
  const { width, height, data } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: true,
    tolerantDecoding: false,
    maxResolutionInMP: MOST_PIXELS / 1e6,
    maxMemoryUsageInMB: 4096,
  });
  return { width, height, rgba: data };
}

/** Decodes the first picture of a GIF file. */
async function decodeGif(bytes: Uint8Array, { width, height }: ImageHeader): Promise<Decoded> {
  const { GifReader } = await import('omggif');
  const reader = new GifReader(bytes);
  if (reader.numFrames() === 0) throw new Error('it holds no picture');
  const frame = reader.frameInfo(0);
  if (frame.x + frame.width > width || frame.y + frame.height > height) {
    throw new Error('its picture is larger than the file says');
  }
  const rgba = new Uint8Array(width * height * 4);
  reader.decodeAndBlitFrameRGBA(0, rgba);
  return { width, height, rgba };
}
