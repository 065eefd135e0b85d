import type { Random } from '../random.js';

/** Shape of one image; its numbers lie row by row, channels together. */
export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/** Changes the image that begins at `from`, in place. */
export type ImageChange = (images: Float32Array, from: number, random: Random) => void;

/** In [−size, size). */
export const spread = (random: Random, size: number): number => (2 * random.uniform() - 1) * size;
