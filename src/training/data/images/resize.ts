/** Converts pixels to the network's format: grayscale or colour, without transparency, of one size. */
import type { Pixels } from './decode.js';

export interface ImageShape {
  height: number;
  width: number;
  channels: 1 | 3;
}
export interface Fitting {
  fit: 'stretch' | 'crop';
  background: 'black' | 'white';
}

/** Returns bytes [height, width, channels]. Shrinking averages areas; enlarging interpolates linearly. */
export function fitImage(pixels: Pixels, shape: ImageShape, { fit, background }: Fitting): Uint8Array {
  const { channels } = shape;
  const seen = (channels === 1 || !isOpaque(pixels)) && opaque(pixels, channels, background === 'white' ? 255 : 0);
  const part = fit === 'crop' ? middle(pixels, shape) : { left: 0, top: 0, width: pixels.width, height: pixels.height };
  const [source, stride] = seen ? [seen, channels] : [pixels.rgba, 4];
  const across = taps(part.left, part.width, shape.width);
  const down = taps(part.top, part.height, shape.height);
  const length = shape.width * channels;
  const result = new Uint8Array(shape.height * length);
  const sum = new Float64Array(length);
  // Source rows resized to the target width; a row is not needed again once a later one starts.
  const narrowed = new Map<number, Float64Array>();
  for (let y = 0; y < shape.height; y++) {
    sum.fill(0);
    for (const old of narrowed.keys()) if (old < down.starts[y]!) narrowed.delete(old);
    for (let k = down.ends[y]!; k < down.ends[y + 1]!; k++) {
      const row = down.starts[y]! + k - down.ends[y]!;
      let line = narrowed.get(row);
      if (!line) narrowed.set(row, (line = narrow(source, row * pixels.width, across, channels, stride)));
      const weight = down.weights[k]!;
      for (let i = 0; i < length; i++) sum[i]! += weight * line[i]!;
    }
    for (let i = 0; i < length; i++) result[y * length + i] = Math.round(sum[i]!);
  }
  return result;
}

/** Resizes one source row, starting at the given pixel. `stride` is the bytes from one pixel to the next. */
function narrow(
  source: Uint8Array | Uint8ClampedArray,
  first: number,
  { starts, ends, weights }: Taps,
  channels: 1 | 3,
  stride: number,
): Float64Array {
  const count = starts.length;
  const result = new Float64Array(count * channels);
  for (let x = 0; x < count; x++) {
    let at = (first + starts[x]!) * stride;
    if (channels === 1) {
      let grey = 0;
      for (let k = ends[x]!; k < ends[x + 1]!; k++) grey += weights[k]! * source[at++]!;
      result[x] = grey;
      continue;
    }
    let [red, green, blue] = [0, 0, 0];
    for (let k = ends[x]!; k < ends[x + 1]!; k++, at += stride) {
      const weight = weights[k]!;
      red += weight * source[at]!;
      green += weight * source[at + 1]!;
      blue += weight * source[at + 2]!;
    }
    result[3 * x] = red;
    result[3 * x + 1] = green;
    result[3 * x + 2] = blue;
  }
  return result;
}

/** Returns the largest centred area with the target's aspect ratio. */
function middle({ width, height }: Pixels, shape: ImageShape) {
  const w = Math.min(width, Math.max(1, Math.round((height * shape.width) / shape.height)));
  const h = Math.min(height, Math.max(1, Math.round((width * shape.height) / shape.width)));
  return { left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h };
}

function isOpaque({ rgba }: Pixels): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}

/** Blends the pixels over the background; grayscale follows ITU-R BT.601, as in most programs. */
function opaque({ rgba, width, height }: Pixels, channels: 1 | 3, background: number): Uint8Array {
  const count = width * height;
  const result = new Uint8Array(count * channels);
  for (let i = 0, into = 0; i < count; i++) {
    const from = 4 * i;
    const alpha = rgba[from + 3]!;
    let r = rgba[from]!;
    let g = rgba[from + 1]!;
    let b = rgba[from + 2]!;
    if (alpha !== 255) {
      const under = (255 - alpha) * background;
      r = Math.round((r * alpha + under) / 255);
      g = Math.round((g * alpha + under) / 255);
      b = Math.round((b * alpha + under) / 255);
    }
    if (channels === 1) {
      result[into++] = Math.round((299 * r + 587 * g + 114 * b) / 1000);
    } else {
      result[into] = r;
      result[into + 1] = g;
      result[into + 2] = b;
      into += 3;
    }
  }
  return result;
}

/** Weights by which each pixel of a row or column is computed from source pixels. */
interface Taps {
  /** First source pixel of each. */
  starts: Int32Array;
  /** End of each pixel's weights, where the next one's begin; one more entry than pixels. */
  ends: Int32Array;
  weights: Float64Array;
}

/** Computes `to` pixels from the `from` ones that begin at `first`. */
function taps(first: number, from: number, to: number): Taps {
  const scale = from / to;
  const [starts, ends, weights] = [new Int32Array(to), new Int32Array(to + 1), [] as number[]];
  for (let i = 0; i < to; i++) {
    if (scale > 1) {
      const [begin, end] = [i * scale, Math.min(from, (i + 1) * scale)];
      const start = Math.floor(begin);
      const stop = Math.max(start + 1, Math.ceil(end - 1e-9));
      starts[i] = first + start;
      for (let k = start; k < stop; k++) weights.push((Math.min(end, k + 1) - Math.max(begin, k)) / (end - begin));
    } else {
      const centre = Math.min(from - 1, Math.max(0, (i + 0.5) * scale - 0.5));
      const start = Math.floor(centre);
      starts[i] = first + start;
      weights.push(1 - (centre - start));
      if (centre > start) weights.push(centre - start);
    }
    ends[i + 1] = weights.length;
  }
  return { starts, ends, weights: Float64Array.from(weights) };
}
