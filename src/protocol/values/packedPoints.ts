/**
 * Points as one text: base64 of all x as float64s, then all values as float64s, little-endian. Thousands of curves in one message are
 * written and read several times faster than as numbers in JSON, and NaN and the infinities need no names.
 */

/** Points of one series. */
export interface PlainPoints {
  x: number[];
  y: number[];
}

/** True if this machine stores numbers as the text does. */
const IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Returns the bytes of `count` points; the caller writes them as base64. */
export function packPoints(x: ArrayLike<number>, y: ArrayLike<number>, count: number): Uint8Array {
  const bytes = new Uint8Array(count * 16);
  if (IS_LITTLE) {
    const all = new Float64Array(bytes.buffer);
    for (let i = 0; i < count; i++) all[i] = x[i] as number;
    for (let i = 0; i < count; i++) all[count + i] = y[i] as number;
    return bytes;
  }
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) view.setFloat64(i * 8, x[i] as number, true);
  for (let i = 0; i < count; i++) view.setFloat64((count + i) * 8, y[i] as number, true);
  return bytes;
}

/** Returns the points of a text. */
export function unpackPoints(text: string): PlainPoints {
  const raw = atob(text);
  const count = Math.floor(raw.length / 16);
  const bytes = new Uint8Array(count * 16);
  for (let i = 0; i < bytes.length; i++) bytes[i] = raw.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  const x = new Array<number>(count);
  const y = new Array<number>(count);
  for (let i = 0; i < count; i++) {
    x[i] = view.getFloat64(i * 8, true);
    y[i] = view.getFloat64((count + i) * 8, true);
  }
  return { x, y };
}
