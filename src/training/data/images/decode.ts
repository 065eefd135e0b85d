/** PNG and JPEG files as pixels. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { TrainingError, messageOf } from '../../errors.js';
import { readHeader } from './header.js';

export interface Pixels {
  width: number;
  height: number;
  /** Red, green, blue and opacity of each pixel, row by row, turned upright as EXIF says. */
  rgba: Uint8Array | Uint8ClampedArray;
  /** 1: the file is grey. */
  channels: 1 | 3;
}

/** Throws TrainingError, with `name`, where the file is damaged. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Pixels> {
  const header = readHeader(bytes, name);
  const channels = header.channels === 1 ? 1 : 3;
  if (header.channels === 4) throw new TrainingError(`${name} has the colours of print (CMYK): save it in RGB`);
  try {
    if (header.format === 'jpeg') return { ...(await decodeJpeg(bytes)), channels };
    // The library bounds what it unpacks but for these.
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

/** All IDAT chunks of a PNG file as one. */
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
  /** What the codec says of a damaged file it goes on with. */
  let said: string[] = [];
  const start = codec.init as (module: WebAssembly.Module, options: object) => Promise<void>;
  await start(module, { printErr: (text: string) => said.push(text), print: () => undefined });
  const decode: Decode = async (bytes) => {
    said = [];
    // It wants a buffer of its own.
    const decoded = await codec
      .default(new Uint8Array(bytes).buffer, { preserveOrientation: true })
      .catch((error: unknown) => {
        throw new Error(said.join('; ') || messageOf(error));
      });
    const harm = said.find((text) => !HARMLESS.test(text));
    if (harm !== undefined) throw new Error(harm);
    return { width: decoded.width, height: decoded.height, rgba: decoded.data as Uint8ClampedArray };
  };
  // One after the other, so that what is said belongs to one image.
  let before: Promise<unknown> = Promise.resolve();
  return (bytes) => {
    const now = before.then(() => decode(bytes));
    before = now.catch(() => undefined);
    return now;
  };
}

/** Oddities of some programs' files, whose pixels are whole. */
const HARMLESS = /extraneous bytes|Unknown Adobe color transform|Invalid SOS parameters|inconsistent progression/i;

/** Beside the bundle, or in the package while developing. */
function codecFile(): string {
  const beside = join(typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? ''), CODEC);
  if (existsSync(beside)) return beside;
  return createRequire(join(process.cwd(), 'x.js')).resolve(`@jsquash/jpeg/codec/dec/${CODEC}`);
}
