import { gunzipSync } from 'node:zlib';

/** Largest unpacked size in bytes; anything larger is rejected. */
const LARGEST = 2 ** 30;

/** Extracts wanted files from a `.tgz` (ustar, with pax and GNU long names). Links and folders are skipped. */
export function readTarball(
  packed: Uint8Array,
  wanted: (path: string) => boolean,
  largest = LARGEST,
): Map<string, Uint8Array> {
  const bytes = gunzipSync(packed, { maxOutputLength: largest });
  const files = new Map<string, Uint8Array>();
  const text = (from: number, length: number) => {
    const field = bytes.subarray(from, from + length);
    const end = field.indexOf(0);
    return Buffer.from(field.subarray(0, end < 0 ? length : end)).toString('utf8');
  };
  let longName: string | null = null;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = parseInt(text(at + 124, 12).trim() || '0', 8);
    const type = String.fromCharCode(bytes[at + 156]!);
    const body = bytes.subarray(at + 512, at + 512 + size);
    if (!(size >= 0) || body.length < size) throw new Error('the package is cut short');
    if (type === 'L') longName = Buffer.from(body).toString('utf8').replace(/\0+$/, '');
    else if (type === 'x')
      longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(Buffer.from(body).toString('utf8'))?.[1] ?? null;
    else if (type !== 'g') {
      const prefix = text(at + 345, 155);
      const path = longName ?? (prefix ? `${prefix}/${text(at, 100)}` : text(at, 100));
      longName = null;
      const inside = !path.split('/').includes('..') && !path.startsWith('/');
      if ((type === '0' || type === '\0') && inside && wanted(path)) files.set(path, body);
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
