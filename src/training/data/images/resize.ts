/** Pixels as the network has them: grey or coloured, without transparency, of one size. */
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

/** Bytes [height, width, channels]. Shrunk images are means of areas, enlarged ones are interpolated linearly. */
export function fitImage(pixels: Pixels, shape: ImageShape, { fit, background }: Fitting): Uint8Array {
  const source = opaque(pixels, shape.channels, background === 'white' ? 255 : 0);
  const part = fit === 'crop' ? middle(pixels, shape) : { left: 0, top: 0, width: pixels.width, height: pixels.height };
  const { channels } = shape;
  if (part.width === shape.width && part.height === shape.height && part.width === pixels.width) {
    return source.subarray(part.top * part.width * channels, (part.top + part.height) * part.width * channels);
  }
  const across = taps(part.left, part.width, shape.width);
  const down = taps(part.top, part.height, shape.height);
  // Only rows that are wanted, first narrowed, then summed up.
  const row = new Float64Array(shape.width * channels);
  const narrowed = new Map<number, Float64Array>();
  const narrow = (y: number): Float64Array => {
    const result = new Float64Array(row.length);
    const from = y * pixels.width * channels;
    for (let x = 0; x < shape.width; x++) {
      const { start, weights } = across[x]!;
      for (let k = 0; k < weights.length; k++) {
        const at = from + (start + k) * channels;
        for (let c = 0; c < channels; c++) result[x * channels + c]! += weights[k]! * source[at + c]!;
      }
    }
    return result;
  };
  const result = new Uint8Array(shape.height * row.length);
  for (let y = 0; y < shape.height; y++) {
    const { start, weights } = down[y]!;
    row.fill(0);
    for (const old of narrowed.keys()) if (old < start) narrowed.delete(old);
    for (let k = 0; k < weights.length; k++) {
      let line = narrowed.get(start + k);
      if (!line) narrowed.set(start + k, (line = narrow(start + k)));
      for (let i = 0; i < row.length; i++) row[i]! += weights[k]! * line[i]!;
    }
    for (let i = 0; i < row.length; i++) result[y * row.length + i] = Math.round(row[i]!);
  }
  return result;
}

/** The largest part of the wanted shape, in the middle. */
function middle({ width, height }: Pixels, shape: ImageShape) {
  const w = Math.min(width, Math.max(1, Math.round((height * shape.width) / shape.height)));
  const h = Math.min(height, Math.max(1, Math.round((width * shape.height) / shape.width)));
  return { left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h };
}

/** Laid over the background; grey after ITU-R BT.601, as most programs make it. */
function opaque({ rgba, width, height }: Pixels, channels: 1 | 3, background: number): Uint8Array {
  const count = width * height;
  const result = new Uint8Array(count * channels);
  for (let i = 0, from = 0, into = 0; i < count; i++, from += 4) {
    const alpha = rgba[from + 3]!;
    let [r, g, b] = [rgba[from]!, rgba[from + 1]!, rgba[from + 2]!];
    if (alpha !== 255) {
      const under = (255 - alpha) * background;
      r = Math.round((r * alpha + under) / 255);
      g = Math.round((g * alpha + under) / 255);
      b = Math.round((b * alpha + under) / 255);
    }
    if (channels === 1) {
      result[into++] = Math.round((299 * r + 587 * g + 114 * b) / 1000);
    } else {
      result[into++] = r;
      result[into++] = g;
      result[into++] = b;
    }
  }
  return result;
}

interface Taps {
  start: number;
  weights: number[];
}

/** What each of `to` pixels takes from the `from` pixels that begin at `first`. */
function taps(first: number, from: number, to: number): Taps[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    if (scale > 1) {
      const [begin, end] = [i * scale, Math.min(from, (i + 1) * scale)];
      const start = Math.floor(begin);
      const length = Math.max(1, Math.ceil(end - 1e-9) - start);
      const weights = Array.from({ length }, (_, k) => {
        const covered = Math.min(end, start + k + 1) - Math.max(begin, start + k);
        return covered / (end - begin);
      });
      return { start: first + start, weights };
    }
    const centre = Math.min(from - 1, Math.max(0, (i + 0.5) * scale - 0.5));
    const start = Math.floor(centre);
    const share = centre - start;
    return { start: first + start, weights: share > 0 ? [1 - share, share] : [1] };
  });
}
