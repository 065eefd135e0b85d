/**
 * A chunk of points as bytes, without loss (every float64, -0, NaN and the infinities come back as they were).
 *
 *   u8 format (1) · u32 count · steps · times · epochs · values        (little-endian)
 *
 * Each column is a mode byte and what the mode needs; the smallest that is exact is chosen:
 *   constant   f64                          one value throughout
 *   stride     f64 first, f64 stride        integers at an even distance
 *   delta      varints                      integers, as zigzag differences
 *   thousandth varints                      multiples of 1/1000, as zigzag differences of 1000·x (times)
 *   repeats    u32 n, n × (u32, f64)        few distinct neighbours (epochs)
 *   f32, f64   raw
 *   decimal    u8 digits, packed            multiples of 10^-digits, as integers (integers, times, rounded values)
 *   split      u8 n, n × u16, bits, raw     float64s whose first 16 bits are among n: the numbers of those, then the other 48 bits
 *
 * packed: varint of the first, then for each 128 further ones a byte (width; 64: the values themselves, else their differences),
 * the least as a varint, and what each is above it in so many bits. Varints are zigzag.
 * `delta` and `thousandth` are read, but no longer written.
 */
import { BitReader, BitWriter, widthOf } from './bits.js';
import { Points } from './points.js';

const FORMAT = 1;
const Mode = {
  ...{ constant: 0, stride: 1, delta: 2, thousandth: 3, repeats: 4, f32: 5, f64: 6, decimal: 7, split: 8 },
} as const;
/** Integers in one block of a packed column. */
const BLOCK = 128;
/** Decimal digits behind the point, at most. */
const MOST_DIGITS = 15;
const POWERS = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, i) => Number(`1e${i}`));
const MOST_HEADS = 255;
/** Above this a zigzag difference of two integers could leave the exact range. */
const SAFE = 2 ** 51;

class Writer {
  private bytes = new Uint8Array(16384);
  private view = new DataView(this.bytes.buffer);
  at = 0;

  need(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + size));
    bigger.set(this.bytes.subarray(0, this.at));
    this.bytes = bigger;
    this.view = new DataView(bigger.buffer);
  }
  u8(value: number): void {
    this.bytes[this.at++] = value;
  }
  u32(value: number): void {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }
  f32(value: number): void {
    this.view.setFloat32(this.at, value, true);
    this.at += 4;
  }
  f64(value: number): void {
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }
  zigzag(value: number): void {
    let rest = value < 0 ? -value * 2 - 1 : value * 2;
    while (rest >= 0x80000000) {
      this.bytes[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }
  u16(value: number): void {
    this.view.setUint16(this.at, value, true);
    this.at += 2;
  }
  /** Has `n` integers of at most `width` bits written. */
  bits(width: number, n: number, write: (bits: BitWriter, width: number) => void): void {
    const size = Math.ceil((width * n) / 8);
    this.need(size + 32);
    this.bytes.fill(0, this.at, this.at + size);
    const bits = new BitWriter(this.bytes, this.at);
    write(bits, width);
    this.at = bits.end();
  }
  raw(from: Uint8Array, at: number, length: number): void {
    for (let i = 0; i < length; i++) this.bytes[this.at++] = from[at + i] as number;
  }
  /** Takes back what was written from a place on. */
  back(at: number): void {
    this.at = at;
  }
  done(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }
}

/** Points `from` to `to` as one chunk. */
export function encodeChunk(points: Points, from = 0, to = points.length): Uint8Array {
  const writer = new Writer();
  writer.u8(FORMAT);
  writer.u32(to - from);
  encodeColumn(writer, points.steps.subarray(from, to));
  encodeColumn(writer, points.times.subarray(from, to));
  encodeColumn(writer, points.epochs.subarray(from, to));
  encodeColumn(writer, points.values.subarray(from, to));
  return writer.done();
}

/** Returns whether all values are integers that differences keep exact. -0 is not: it would come back as 0. */
function plainIntegers(column: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) {
    const x = column[i] as number;
    if (!(x > -SAFE && x < SAFE) || Math.floor(x) !== x || Object.is(x, -0)) return false;
  }
  return true;
}

function encodeColumn(writer: Writer, column: Float64Array): void {
  const n = column.length;
  writer.need(32 + n * 9);
  const first = column[0] ?? NaN;
  let changes = 0;
  for (let i = 1; i < n; i++) if (!Object.is(column[i], column[i - 1])) changes++;
  if (changes === 0) {
    writer.u8(Mode.constant);
    writer.f64(first);
    return;
  }
  if (plainIntegers(column)) {
    const stride = (column[1] as number) - first;
    let even = true;
    for (let i = 2; even && i < n; i++) even = (column[i] as number) - (column[i - 1] as number) === stride;
    if (even) {
      writer.u8(Mode.stride);
      writer.f64(first);
      writer.f64(stride);
      return;
    }
    if (repeats(writer, column, changes, n)) return;
    const start = writer.at;
    writeDecimal(writer, column, 0);
    if (writer.at - start < 1 + n * 8) return;
    writer.back(start);
    writer.u8(Mode.f64);
    for (let i = 0; i < n; i++) writer.f64(column[i] as number);
    return;
  }
  if (repeats(writer, column, changes, 4 * n)) return;
  let single = true;
  for (let i = 0; single && i < n; i++) single = Object.is(Math.fround(column[i] as number), column[i]);
  const start = writer.at;
  const digits = digitsOf(column);
  if (digits !== null) {
    writeDecimal(writer, column, digits);
    if (writer.at - start < 1 + n * (single ? 4 : 6)) return;
  }
  const packed = digits === null ? Infinity : writer.at - start;
  writer.back(start);
  if (single) {
    writer.u8(Mode.f32);
    for (let i = 0; i < n; i++) writer.f32(column[i] as number);
    return;
  }
  const isSplit = writeSplit(writer, column);
  if (Math.min(packed, isSplit ? writer.at - start : Infinity) >= 1 + n * 8) {
    writer.back(start);
    writer.u8(Mode.f64);
    for (let i = 0; i < n; i++) writer.f64(column[i] as number);
  } else if (!isSplit || packed < writer.at - start) {
    writer.back(start);
    writeDecimal(writer, column, digits!);
  }
}

/** Returns the least number of digits with which all values are multiples of 10^-digits; null if there is none. */
function digitsOf(column: Float64Array): number | null {
  let digits = 0;
  const is = (x: number): boolean => {
    const scaled = Math.round(x * (POWERS[digits] as number));
    // -0 would come back as 0.
    return Math.abs(scaled) < SAFE && !Object.is(scaled, -0) && scaled / (POWERS[digits] as number) === x;
  };
  for (let i = 0; i < column.length; i++) {
    while (!is(column[i] as number)) if (++digits > MOST_DIGITS) return null;
  }
  // With more digits, values before may be out of the exact range.
  for (let i = 0; i < column.length; i++) if (!is(column[i] as number)) return null;
  return digits;
}

function writeDecimal(writer: Writer, column: Float64Array, digits: number): void {
  const n = column.length;
  const unit = POWERS[digits] as number;
  writer.u8(Mode.decimal);
  writer.u8(digits);
  let former = Math.round((column[0] as number) * unit);
  writer.zigzag(former);
  const values = new Float64Array(BLOCK);
  const steps = new Float64Array(BLOCK);
  for (let from = 1; from < n; from += BLOCK) {
    const length = Math.min(BLOCK, n - from);
    let [least, most, leastStep, mostStep] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < length; i++) {
      const value = Math.round((column[from + i] as number) * unit);
      const step = value - former;
      former = value;
      values[i] = value;
      steps[i] = step;
      if (value < least) least = value;
      if (value > most) most = value;
      if (step < leastStep) leastStep = step;
      if (step > mostStep) mostStep = step;
    }
    const [width, stepWidth] = [widthOf(most - least), widthOf(mostStep - leastStep)];
    const isPlain = width <= stepWidth;
    writer.u8(isPlain ? width + 64 : stepWidth);
    writer.zigzag(isPlain ? least : leastStep);
    const [all, base] = isPlain ? [values, least] : [steps, leastStep];
    writer.bits(isPlain ? width : stepWidth, length, (bits, w) => {
      for (let i = 0; i < length; i++) bits.write((all[i] as number) - base, w);
    });
  }
}

/** Returns false, and writes nothing, if the first 16 bits are too different. */
function writeSplit(writer: Writer, column: Float64Array): boolean {
  const n = column.length;
  const bytes = new Uint8Array(n * 8);
  const view = new DataView(bytes.buffer);
  const heads = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    view.setFloat64(i * 8, column[i] as number);
    const head = view.getUint16(i * 8);
    if (heads.has(head)) continue;
    if (heads.size === MOST_HEADS) return false;
    heads.set(head, heads.size);
  }
  writer.u8(Mode.split);
  writer.u8(heads.size);
  for (const head of heads.keys()) writer.u16(head);
  const width = widthOf(heads.size - 1);
  writer.bits(width, n, (bits) => {
    for (let i = 0; i < n; i++) bits.write(heads.get(view.getUint16(i * 8))!, width);
  });
  writer.need(n * 6);
  for (let i = 0; i < n; i++) writer.raw(bytes, i * 8 + 2, 6);
  return true;
}

function repeats(writer: Writer, column: Float64Array, changes: number, limit: number): boolean {
  if ((changes + 1) * 12 + 4 >= limit) return false;
  writer.u8(Mode.repeats);
  writer.u32(changes + 1);
  let start = 0;
  for (let i = 1; i <= column.length; i++) {
    if (i < column.length && Object.is(column[i], column[start])) continue;
    writer.u32(i - start);
    writer.f64(column[start] as number);
    start = i;
  }
  return true;
}

/** `x`: only this column and the values are read; the others of the points have no meaning. */
export function decodeChunk(data: Uint8Array, x?: 'step' | 'time' | 'epoch'): Points {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint8(0) !== FORMAT) throw new Error(`chunk of unknown format ${view.getUint8(0)}`);
  const count = view.getUint32(1, true);
  const points = new Points(Math.max(count, 1), x !== undefined);
  points.length = count;
  let at = 5;
  for (const [name, column] of [
    ['step', points.steps],
    ['time', points.times],
    ['epoch', points.epochs],
  ] as const) {
    at =
      x === undefined || x === name ? decodeColumn(data, view, at, column, count) : skipColumn(data, view, at, count);
  }
  decodeColumn(data, view, at, points.values, count);
  return points;
}

/** Returns where the next column begins. */
function skipColumn(data: Uint8Array, view: DataView, start: number, n: number): number {
  let at = start + 1;
  switch (view.getUint8(start)) {
    case Mode.constant:
      return at + 8;
    case Mode.stride:
      return at + 16;
    case Mode.repeats:
      return at + 4 + view.getUint32(at, true) * 12;
    case Mode.f32:
      return at + n * 4;
    case Mode.f64:
      return at + n * 8;
    case Mode.split: {
      const count = data[at] as number;
      return at + 1 + count * 2 + Math.ceil((n * widthOf(count - 1)) / 8) + n * 6;
    }
    case Mode.decimal:
      zigzag(data, at + 1);
      for (let from = 1; from < n; from += BLOCK) {
        const width = (data[ended] as number) & 63;
        zigzag(data, ended + 1);
        ended += Math.ceil((width * Math.min(BLOCK, n - from)) / 8);
      }
      return ended;
    default:
      for (let i = 0; i < n; i++) while ((data[at++] as number) >= 0x80);
      return at;
  }
}

function decodeColumn(data: Uint8Array, view: DataView, start: number, column: Float64Array, n: number): number {
  let at = start + 1;
  switch (view.getUint8(start)) {
    case Mode.constant:
      column.fill(view.getFloat64(at, true), 0, n);
      return at + 8;
    case Mode.stride: {
      const first = view.getFloat64(at, true);
      const stride = view.getFloat64(at + 8, true);
      for (let i = 0; i < n; i++) column[i] = first + i * stride;
      return at + 16;
    }
    case Mode.delta:
    case Mode.thousandth: {
      const unit = view.getUint8(start) === Mode.delta ? 1 : 1000;
      let sum = 0;
      for (let i = 0; i < n; i++) {
        let byte = data[at++] as number;
        let raw = byte & 0x7f;
        let factor = 128;
        while (byte >= 0x80) {
          byte = data[at++] as number;
          raw += (byte & 0x7f) * factor;
          factor *= 128;
        }
        sum += raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
        column[i] = sum / unit;
      }
      return at;
    }
    case Mode.repeats: {
      const runs = view.getUint32(at, true);
      at += 4;
      let filled = 0;
      for (let i = 0; i < runs; i++) {
        const length = view.getUint32(at, true);
        column.fill(view.getFloat64(at + 4, true), filled, filled + length);
        filled += length;
        at += 12;
      }
      return at;
    }
    case Mode.decimal:
      return readDecimal(data, at, column, n);
    case Mode.split:
      return readSplit(data, view, at, column, n);
    case Mode.f32:
      for (let i = 0; i < n; i++) column[i] = view.getFloat32(at + i * 4, true);
      return at + n * 4;
    case Mode.f64:
      for (let i = 0; i < n; i++) column[i] = view.getFloat64(at + i * 8, true);
      return at + n * 8;
    default:
      throw new Error(`column of unknown mode ${view.getUint8(start)}`);
  }
}

/** A varint that was read, and its end. */
let ended = 0;
function zigzag(data: Uint8Array, at: number): number {
  let byte = data[at++] as number;
  let raw = byte & 0x7f;
  for (let factor = 128; byte >= 0x80; factor *= 128) {
    byte = data[at++] as number;
    raw += (byte & 0x7f) * factor;
  }
  ended = at;
  return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
}

function readDecimal(data: Uint8Array, at: number, column: Float64Array, n: number): number {
  const unit = POWERS[data[at] as number];
  if (unit === undefined) throw new Error(`column of ${data[at]} digits`);
  let former = zigzag(data, at + 1);
  if (n > 0) column[0] = former / unit;
  for (let from = 1; from < n; from += BLOCK) {
    const flags = data[ended] as number;
    const width = flags & 63;
    const base = zigzag(data, ended + 1);
    const bits = new BitReader(data, ended);
    const end = Math.min(n, from + BLOCK);
    for (let i = from; i < end; i++) {
      const value = base + bits.read(width);
      former = flags < 64 ? former + value : value;
      column[i] = former / unit;
    }
    ended = bits.end();
  }
  return ended;
}

/** One double and its two halves. */
const DOUBLE = new Float64Array([1]);
const HALVES = new Uint32Array(DOUBLE.buffer);
/** Index of the upper half, which depends on the machine's byte order. */
const UPPER = HALVES[1] === 0 ? 0 : 1;

function readSplit(data: Uint8Array, view: DataView, start: number, column: Float64Array, n: number): number {
  const count = data[start] as number;
  const width = widthOf(count - 1);
  const heads = new Uint32Array(count);
  for (let k = 0; k < count; k++) heads[k] = view.getUint16(start + 1 + k * 2, true) << 16;
  const bits = new BitReader(data, start + 1 + count * 2);
  let at = start + 1 + count * 2 + Math.ceil((n * width) / 8);
  if (at + n * 6 > data.length) throw new Error('a column is cut off');
  for (let i = 0; i < n; i++, at += 6) {
    HALVES[UPPER] = (heads[bits.read(width)] as number) | ((data[at] as number) << 8) | (data[at + 1] as number);
    HALVES[1 - UPPER] =
      ((data[at + 2] as number) << 24) |
      ((data[at + 3] as number) << 16) |
      ((data[at + 4] as number) << 8) |
      (data[at + 5] as number);
    column[i] = DOUBLE[0] as number;
  }
  return at;
}
