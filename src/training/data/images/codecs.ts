/** Codecs for JPEG and WebP, compiled to WebAssembly. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { messageOf } from '../../errors.js';

type Decode = (bytes: Uint8Array) => Promise<{ width: number; height: number; rgba: Uint8ClampedArray }>;

interface Codec {
  init(module: WebAssembly.Module, options: object): Promise<void>;
  default(bytes: ArrayBuffer, options?: object): Promise<{ width: number; height: number; data: unknown }>;
}

export const decodeJpeg = lazily(async () =>
  start((await import('@jsquash/jpeg/decode.js')) as unknown as Codec, '@jsquash/jpeg/codec/dec/', 'mozjpeg_dec.wasm'),
);
export const decodeWebp = lazily(async () =>
  start((await import('@jsquash/webp/decode.js')) as unknown as Codec, '@jsquash/webp/codec/dec/', 'webp_dec.wasm'),
);

function lazily(make: () => Promise<Decode>): Decode {
  let made: Promise<Decode> | null = null;
  return async (bytes) => (await (made ??= make()))(bytes);
}

async function start(codec: Codec, folder: string, file: string): Promise<Decode> {
  const module = new WebAssembly.Module(readFileSync(codecFile(folder, file)));
  /** Warnings of the codec about a damaged file that it still decodes. */
  let said: string[] = [];
  await codec.init(module, { printErr: (text: string) => said.push(text), print: () => undefined });
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
function codecFile(folder: string, file: string): string {
  const beside = join(typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? ''), file);
  if (existsSync(beside)) return beside;
  return createRequire(join(process.cwd(), 'x.js')).resolve(`${folder}${file}`);
}
