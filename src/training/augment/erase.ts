/** Random erasing: Zhong et al. (AAAI 2020), algorithm 1, with random values between the image's lowest and highest. */
import type { AugmentSettings } from '../../experiment/network/index.js';
import type { ImageChange, ImageShape } from './types.js';

/** Smallest aspect ratio of the rectangle: 0.3 : 1 to 1 : 0.3, as in the paper's section 4.2. */
const ASPECT = 0.3;
const SMALLEST = 0.02;

export function erase(
  { probability, area }: AugmentSettings['erase'],
  { height, width, channels }: ImageShape,
): ImageChange {
  const length = height * width * channels;
  const least = Math.min(SMALLEST, area);
  return (images, from, random) => {
    if (random.uniform() >= probability) return;
    const size = (least + (area - least) * random.uniform()) * height * width;
    const aspect = Math.exp((2 * random.uniform() - 1) * Math.log(ASPECT));
    const rows = Math.min(height, Math.max(1, Math.round(Math.sqrt(size * aspect))));
    const columns = Math.min(width, Math.max(1, Math.round(Math.sqrt(size / aspect))));
    const top = Math.floor(random.uniform() * (height - rows + 1));
    const left = Math.floor(random.uniform() * (width - columns + 1));
    let [low, high] = [Infinity, -Infinity];
    for (let i = from; i < from + length; i++) {
      const value = images[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    for (let r = top; r < top + rows; r++) {
      const start = from + (r * width + left) * channels;
      for (let i = start; i < start + columns * channels; i++) images[i] = low + (high - low) * random.uniform();
    }
  };
}
