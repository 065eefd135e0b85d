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
 */
import { Points } from './points.js';

const FORMAT = 1;
const Mode = { constant: 0, stride: 1, delta: 2, thousandth: 3, repeats: 4, f32: 5, f64: 6 } as const;
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
    writer.u8(Mode.delta);
    let former = 0;
    for (let i = 0; i < n; i++) {
      const x = column[i] as number;
      writer.zigzag(x - former);
      former = x;
    }
    return;
  }
  if (repeats(writer, column, changes, 4 * n)) return;
  let thousandths = true;
  for (let i = 0; thousandths && i < n; i++) {
    const x = column[i] as number;
    const scaled = Math.round(x * 1000);
    thousandths = Math.abs(scaled) < SAFE && Object.is(scaled / 1000, x);
  }
  let single = true;
  for (let i = 0; single && i < n; i++) single = Object.is(Math.fround(column[i] as number), column[i]);
  if (thousandths && !(single && Math.abs(first) < 1e6)) {
    const start = writer.at;
    writer.u8(Mode.thousandth);
    let former = 0;
    for (let i = 0; i < n; i++) {
      const scaled = Math.round((column[i] as number) * 1000);
      writer.zigzag(scaled - former);
      former = scaled;
    }
    if (writer.at - start < 1 + n * 8) return;
    writer.at = start;
  }
  writer.u8(single ? Mode.f32 : Mode.f64);
  if (single) for (let i = 0; i < n; i++) writer.f32(column[i] as number);
  else for (let i = 0; i < n; i++) writer.f64(column[i] as number);
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

export function decodeChunk(data: Uint8Array): Points {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint8(0) !== FORMAT) throw new Error(`chunk of unknown format ${view.getUint8(0)}`);
  const count = view.getUint32(1, true);
  const points = new Points(Math.max(count, 1));
  points.length = count;
  let at = 5;
  for (const column of [points.steps, points.times, points.epochs, points.values]) {
    at = decodeColumn(data, view, at, column, count);
  }
  return points;
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
