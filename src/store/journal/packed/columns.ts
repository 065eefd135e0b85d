/**
 * Lines that differ by their numbers alone, as columns of numbers: they take a fraction of the bytes that a general
 * compressor needs for the digits. The text comes back byte for byte.
 *
 *   varint lines · varint shapes · shapes · number of each line's shape (u8; none if there is one shape) · columns · rest
 *
 * shape: varint parts, then each part of the text between numbers as varint length and bytes. Then, shape by shape, a column for
 * each of its numbers: u8 mode and what the mode needs:
 *
 *   0 text     varint length, and the numbers' texts with newlines between
 *   1 scaled   u8 digits, u8 style, u8 width, f64 first, planes   integers x·10^digits, as zigzag differences
 *   2 single   u8 style, 4 planes                                 float32s
 *   3 double   u8 style, 8 planes                                 float64s
 *
 * Planes: the first (lowest) bytes of all, then the second ones, … style: how the number's text is written (see numerals.ts). rest:
 * what follows the last newline. `python/tunesmith/_packed.py` reads the same.
 */
import { textOf, Style } from './numerals.js';

const NUMBER = /(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/;
const MOST_SHAPES = 256;
const MOST_DIGITS = 9;
/** Differences of scaled integers below this are exact. */
const SAFE = 2 ** 51;
export const Mode = { text: 0, scaled: 1, single: 2, double: 3 } as const;

interface Shape {
  parts: string[];
  /** The texts of its numbers by their place. */
  columns: string[][];
}

/** Returns null if the lines have too little in common. */
export function toColumns(block: Buffer): Buffer | null {
  // One character a byte.
  const text = block.toString('latin1');
  const end = text.lastIndexOf('\n') + 1;
  const lines = end === 0 ? [] : text.slice(0, end - 1).split('\n');
  const shapes = new Map<string, Shape & { number: number }>();
  const order = Buffer.allocUnsafe(lines.length);
  for (const [at, line] of lines.entries()) {
    const split = line.split(NUMBER);
    const parts = split.filter((_, i) => i % 2 === 0);
    const key = parts.join('\n');
    let shape = shapes.get(key);
    if (!shape) {
      if (shapes.size === MOST_SHAPES) return null;
      shapes.set(key, (shape = { number: shapes.size, parts, columns: parts.slice(1).map(() => []) }));
    }
    for (let i = 1; i < split.length; i += 2) shape.columns[(i - 1) >> 1]!.push(split[i]!);
    order[at] = shape.number;
  }
  const out: Buffer[] = [varint(lines.length), varint(shapes.size)];
  for (const { parts } of shapes.values()) {
    out.push(varint(parts.length));
    for (const part of parts) out.push(varint(part.length), Buffer.from(part, 'latin1'));
  }
  if (shapes.size > 1) out.push(order);
  for (const { columns } of shapes.values()) for (const column of columns) out.push(encode(column));
  out.push(Buffer.from(text.slice(end), 'latin1'));
  return Buffer.concat(out);
}

/** Throws if the bytes are damaged, or would give more than `limit` bytes. */
export function fromColumns(data: Buffer, limit: number): Buffer {
  const reader = new Reader(data);
  const lines = reader.varint();
  const count = reader.varint();
  if (lines > limit || count > MOST_SHAPES || (count === 0) !== (lines === 0)) throw new Error('lines without a shape');
  const shapes: string[][] = [];
  for (let i = 0; i < count; i++) {
    const parts: string[] = [];
    for (let n = reader.varint(); n > 0; n--) parts.push(reader.text(reader.varint()));
    if (parts.length === 0) throw new Error('a shape without parts');
    shapes.push(parts);
  }
  const order = count > 1 ? reader.bytes(lines) : Buffer.alloc(lines);
  const ofShape = new Uint32Array(count);
  for (const number of order) {
    if (number >= count) throw new Error('a line without a shape');
    ofShape[number]!++;
  }
  // Each number and each end of a line is a byte at least. Without this, columns of no width would fill the memory.
  if (shapes.reduce((sum, parts, i) => sum + parts.length * ofShape[i]!, 0) > limit)
    throw new Error('more numbers than bytes');
  const columns = shapes.map((parts, i) => parts.slice(1).map(() => decode(reader, ofShape[i]!)));
  const taken = new Uint32Array(count);
  let out = '';
  for (const number of order) {
    const parts = shapes[number]!;
    const at = taken[number]!++;
    let line = parts[0]!;
    for (let i = 1; i < parts.length; i++) line += columns[number]![i - 1]![at]! + parts[i]!;
    out += `${line}\n`;
    if (out.length > limit) throw new Error('longer than it says');
  }
  return Buffer.from(out + reader.text(data.length - reader.at), 'latin1');
}

function encode(texts: readonly string[]): Buffer {
  const values = Float64Array.from(texts, Number);
  for (const style of [Style.javascript, Style.python]) {
    if (!texts.every((text, i) => text === textOf(values[i]!, style))) continue;
    const single = values.every((x) => Object.is(Math.fround(x), x));
    const scaled = scaledOf(values);
    if (scaled && scaled.width <= (single ? 4 : 8)) {
      const head = Buffer.alloc(12);
      head.set([Mode.scaled, scaled.digits, style, scaled.width]);
      head.writeDoubleLE(scaled.first, 4);
      return Buffer.concat([head, planes(scaled.differences, scaled.width)]);
    }
    const raw = single ? new Uint8Array(Float32Array.from(values).buffer) : new Uint8Array(values.buffer);
    const width = single ? 4 : 8;
    const out = Buffer.alloc(2 + raw.length);
    out.set([single ? Mode.single : Mode.double, style]);
    for (let k = 0, at = 2; k < width; k++) for (let i = k; i < raw.length; i += width) out[at++] = raw[i]!;
    return out;
  }
  const all = Buffer.from(texts.join('\n'), 'latin1');
  return Buffer.concat([Buffer.from([Mode.text]), varint(all.length), all]);
}

/** Returns the values as zigzag differences of integers; null if they are not multiples of a power of ten. */
function scaledOf(
  values: Float64Array,
): { digits: number; first: number; differences: Float64Array; width: number } | null {
  let digits = 0;
  const fits = (x: number): boolean => {
    const scaled = Math.round(x * 10 ** digits);
    return Math.abs(scaled) < SAFE && !Object.is(scaled, -0) && scaled / 10 ** digits === x;
  };
  for (const x of values) while (!fits(x)) if (++digits > MOST_DIGITS) return null;
  if (!values.every(fits)) return null;
  const integers = values.map((x) => Math.round(x * 10 ** digits));
  const differences = new Float64Array(Math.max(0, values.length - 1));
  let most = 0;
  for (let i = 1; i < integers.length; i++) {
    const step = integers[i]! - integers[i - 1]!;
    const zigzag = step < 0 ? -2 * step - 1 : 2 * step;
    differences[i - 1] = zigzag;
    if (zigzag > most) most = zigzag;
  }
  const width = most === 0 ? 0 : Math.floor(Math.log2(most) / 8) + 1;
  return { digits, first: integers[0] ?? 0, differences, width };
}

function planes(values: Float64Array, width: number): Buffer {
  const out = Buffer.allocUnsafe(values.length * width);
  const rest = values.slice();
  for (let k = 0, at = 0; k < width; k++) {
    for (let i = 0; i < rest.length; i++) {
      const value = rest[i]!;
      const upper = Math.floor(value / 256);
      out[at++] = value - upper * 256;
      rest[i] = upper;
    }
  }
  return out;
}

function decode(reader: Reader, n: number): string[] {
  const mode = reader.u8();
  if (mode === Mode.text) {
    const texts = reader.text(reader.varint()).split('\n');
    if (n > 0 && texts.length !== n) throw new Error('a column of another length');
    return texts;
  }
  if (mode === Mode.scaled) {
    const unit = 10 ** reader.u8();
    const style = reader.u8() as Style;
    const width = reader.u8();
    let value = reader.f64();
    const differences = new Float64Array(Math.max(0, n - 1));
    for (let k = 0, scale = 1; k < width; k++, scale *= 256) {
      const plane = reader.bytes(differences.length);
      for (let i = 0; i < plane.length; i++) differences[i]! += plane[i]! * scale;
    }
    const texts = n > 0 ? [textOf(value / unit, style)] : [];
    for (const zigzag of differences) {
      value += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      texts.push(textOf(value / unit, style));
    }
    return texts;
  }
  if (mode !== Mode.single && mode !== Mode.double) throw new Error('a column of an unknown kind');
  const style = reader.u8() as Style;
  const width = mode === Mode.single ? 4 : 8;
  const raw = new Uint8Array(n * width);
  for (let k = 0; k < width; k++) {
    const plane = reader.bytes(n);
    for (let i = 0; i < n; i++) raw[i * width + k] = plane[i]!;
  }
  const values = mode === Mode.single ? new Float32Array(raw.buffer) : new Float64Array(raw.buffer);
  return Array.from(values, (x) => textOf(x, style));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

class Reader {
  at = 0;

  constructor(private readonly data: Buffer) {}

  bytes(length: number): Buffer {
    if (length > this.data.length - this.at) throw new Error('cut off');
    return this.data.subarray(this.at, (this.at += length));
  }
  text(length: number): string {
    return this.bytes(length).toString('latin1');
  }
  u8(): number {
    return this.bytes(1)[0]!;
  }
  f64(): number {
    return this.bytes(8).readDoubleLE();
  }
  varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 32; factor *= 128) {
      const byte = this.u8();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new Error('a length without end');
  }
}
