/** Changes of pixel values only: brightness and noise. */
import { normals } from './normals.js';
import { spread, type ImageChange, type ImageShape } from './types.js';

/** Multiplies values by 1 ± size, relative to `zero`, the network's value for 0 in the data. */
export function brightness(size: number, { height, width, channels }: ImageShape, zero: number): ImageChange {
  const length = height * width * channels;
  return (images, from, random) => {
    const factor = 1 + spread(random, size);
    const offset = zero * (1 - factor);
    for (let i = from; i < from + length; i++) images[i] = images[i]! * factor + offset;
  };
}

/** Adds Gaussian noise. */
export function noise(deviation: number, { height, width, channels }: ImageShape): ImageChange {
  const length = height * width * channels;
  const table = normals();
  return (images, from, random) => {
    // Each draw selects two of the table's 2^16 numbers.
    for (let i = from; i < from + length; i += 2) {
      const bits = random.bits();
      images[i] = images[i]! + deviation * table[bits & 0xffff]!;
      if (i + 1 < from + length) images[i + 1] = images[i + 1]! + deviation * table[bits >>> 16]!;
    }
  };
}
