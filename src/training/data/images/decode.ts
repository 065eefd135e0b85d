/** Decodes PNG and JPEG files. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { TrainingError, messageOf } from '../../errors.js';
import { readHeader } from './header.js';

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
  if (header.channels === 4) throw new TrainingError(`${name} has the colours of print (CMYK): save it in RGB`);
  try {
    if (header.format === 'jpeg') return { ...(await decodeJpeg(bytes)), channels };
    // The library does not limit the unpacked size of interlaced images.
    if (header.interlaced) inflateSync(imageData(bytes), { maxOutputLength: header.unpacked });
    const { PNG } = await import('pngjs');
    const { width, height, data } = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return { width, height, rgba: data, channels };
  } catch (error) {
    throw new TrainingError(`${name} is damaged: ${reason(error)}`);
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

const CODEC = 'mozjpeg_dec.wasm';
type Decode = (bytes: Uint8Array) => Promise<{ width: number; height: number; rgba: Uint8ClampedArray }>;
let jpeg: Promise<Decode> | null = null;

const decodeJpeg: Decode = async (bytes) => (await (jpeg ??= startJpeg()))(bytes);

async function startJpeg(): Promise<Decode> {
  const codec = await import('@jsquash/jpeg/decode.js');
  const module = new WebAssembly.Module(readFileSync(codecFile()));
  /** Warnings of the codec about a damaged file that it still decodes. */
  let said: string[] = [];
  const start = codec.init as (module: WebAssembly.Module, options: object) => Promise<void>;
  await start(module, { printErr: (text: string) => said.push(text), print: () => undefined });
  const decode: Decode = async (bytes) => {
    said = [];
    // The codec needs its own buffer.
    const decoded = await codec
      .default(new Uint8Array(bytes).buffer, { preserveOrientation: true })
      .catch((error: unknown) => {
        throw new Error(said.join('; ') || messageOf(error));
      });
    const harm = said.find((text) => !HARMLESS.test(text));
    if (harm !== undefined) throw new Error(harm);
    return { width: decoded.width, height: decoded.height, rgba: decoded.data as Uint8ClampedArray };
  };
  // Images are decoded one at a time, so that warnings belong to one image.
  let before: Promise<unknown> = Promise.resolve();
  return (bytes) => {
    const now = before.then(() => decode(bytes));
    before = now.catch(() => undefined);
    return now;
  };
}

/** Warnings about quirks of some programs' files whose pixels are intact. */
const HARMLESS = /extraneous bytes|Unknown Adobe color transform|Invalid SOS parameters|inconsistent progression/i;

/** Returns the codec's path: beside the bundle, or in the package during development. */
function codecFile(): string {
  const beside = join(typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? ''), CODEC);
  if (existsSync(beside)) return beside;
  return createRequire(join(process.cwd(), 'x.js')).resolve(`@jsquash/jpeg/codec/dec/${CODEC}`);
}
