/** Pictures of attributions: the input, and beside it what speaks for the output (red) and against it (blue). */
import type { Attribution } from './attributions.js';

/** Height in pixels that small images are enlarged to. */
const HEIGHT = 160;
const GAP = 8;

type Color = [number, number, number];

interface Size {
  height: number;
  width: number;
  channels: number;
}

const sizeOf = (shape: readonly number[]): Size => ({
  height: shape[0]!,
  width: shape[1]!,
  channels: shape.length === 3 ? shape[2]! : 1,
});

/** Returns a PNG of the input, its integrated gradients and its occlusion, side by side. */
export async function picture(
  x: Float32Array,
  shape: readonly number[],
  [low, high]: readonly [number, number],
  { integrated, occluded }: Attribution,
): Promise<Buffer> {
  const { PNG } = await import('pngjs');
  const size = sizeOf(shape);
  const zoom = Math.max(1, Math.round(HEIGHT / size.height));
  const [height, width] = [size.height * zoom, size.width * zoom];
  const png = new PNG({ width: 3 * width + 2 * GAP, height });
  png.data.fill(255);
  const panels = [original(x, size, low, high), heat(integrated, size), heat(occluded, size)];
  panels.forEach((colorAt, panel) => {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const color = colorAt(Math.floor(i / zoom) * size.width + Math.floor(j / zoom));
        png.data.set(color, 4 * (i * png.width + panel * (width + GAP) + j));
      }
    }
  });
  return PNG.sync.write(png);
}

function original(x: Float32Array, { channels }: Size, low: number, high: number): (at: number) => Color {
  const byte = (value: number): number => Math.round((255 * (value - low)) / (high - low || 1));
  return (at) => {
    const all = Array.from(x.subarray(at * channels, (at + 1) * channels), byte);
    if (channels === 3) return all as Color;
    const gray = Math.round(all.reduce((a, b) => a + b, 0) / channels);
    return [gray, gray, gray];
  };
}

/** White is 0; full colors begin at the 99th percentile of the absolute values. */
function heat(values: Float32Array, { channels }: Size): (at: number) => Color {
  const sums = Float32Array.from({ length: values.length / channels }, (_, at) =>
    values.subarray(at * channels, (at + 1) * channels).reduce((a, b) => a + b, 0),
  );
  const sorted = sums.map(Math.abs).sort();
  const most = sorted[Math.floor(0.99 * (sorted.length - 1))]! || sorted.at(-1)! || 1;
  return (at) => {
    const share = Math.max(-1, Math.min(1, sums[at]! / most));
    const rest = Math.round(255 * (1 - Math.abs(share)));
    return share > 0 ? [255, rest, rest] : [rest, rest, 255];
  };
}
