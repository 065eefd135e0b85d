/** Resamples an image by bilinear interpolation, given the source position of each pixel. */
import type { AugmentSettings } from '../../experiment/network/index.js';
import { drawAffine, isAffine, type Affine2 } from './affine.js';
import { ElasticField } from './elastic.js';
import type { ImageChange, ImageShape } from './types.js';

/** Builds the warp, or returns null when there is nothing to do. `zero` is the network's value for 0 in the data. */
export function buildWarp(settings: AugmentSettings, shape: ImageShape, zero: number): ImageChange | null {
  const field = settings.elastic.distance > 0 ? new ElasticField(shape, settings.elastic) : null;
  const affine = isAffine(settings);
  if (!affine && !field) return null;
  const sample = settings.fill === 'edge' ? edged(shape) : zeroed(shape, zero);
  const map: Affine2 = { yy: 1, yx: 0, y0: 0, xy: 0, xx: 1, x0: 0 };
  return (images, from, random) => {
    if (affine) drawAffine(map, settings, shape, random);
    field?.draw(random);
    sample(images, from, map, field);
  };
}

type Sampler = (images: Float32Array, from: number, map: Affine2, field: ElasticField | null) => void;

/** Pads the image with a border of one pixel of `zero`; positions farther outside are clamped to that border. */
function zeroed(shape: ImageShape, zero: number): Sampler {
  const { height, width, channels } = shape;
  return sampler(shape, new Float32Array((height + 2) * (width + 2) * channels).fill(zero), 1);
}

/** Clamps positions outside the image to its nearest pixel. */
function edged(shape: ImageShape): Sampler {
  return sampler(shape, new Float32Array(shape.height * shape.width * shape.channels), 0);
}

function sampler({ height, width, channels }: ImageShape, source: Float32Array, border: number): Sampler {
  const rowLength = (width + 2 * border) * channels;
  const [lastY, lastX] = [height - 1 + 2 * border, width - 1 + 2 * border];
  // The pixel below and to the right of the last one is never read, because its weight is 0.
  const [mostY, mostX] = [Math.max(0, lastY - 1), Math.max(0, lastX - 1)];
  const [down, right] = [lastY > 0 ? rowLength : 0, lastX > 0 ? channels : 0];
  return (images, from, map, field) => {
    const { yx, xx } = map;
    const fieldY = field ? field.y : null;
    const fieldX = field ? field.x : null;
    for (let r = 0; r < height; r++) {
      const start = from + r * width * channels;
      source.set(images.subarray(start, start + width * channels), (r + border) * rowLength + border * channels);
    }
    let into = from;
    for (let r = 0, pixel = 0; r < height; r++) {
      const rowY = map.yy * r + map.y0 + border;
      const rowX = map.xy * r + map.x0 + border;
      for (let c = 0; c < width; c++, pixel++) {
        let y = rowY + yx * c;
        let x = rowX + xx * c;
        if (fieldY && fieldX) {
          y += fieldY[pixel]!;
          x += fieldX[pixel]!;
        }
        y = y < 0 ? 0 : y > lastY ? lastY : y;
        x = x < 0 ? 0 : x > lastX ? lastX : x;
        // Truncation equals floor here, because neither value is negative.
        let top = y | 0;
        let left = x | 0;
        if (top > mostY) top = mostY;
        if (left > mostX) left = mostX;
        const ty = y - top;
        const tx = x - left;
        let at = top * rowLength + left * channels;
        for (let k = 0; k < channels; k++, at++) {
          const a = source[at]!;
          const b = source[at + down]!;
          const upper = a + tx * (source[at + right]! - a);
          const lower = b + tx * (source[at + down + right]! - b);
          images[into++] = upper + ty * (lower - upper);
        }
      }
    }
  };
}
