import type { Random } from '../random.js';

/** Shape of one image, stored row by row with interleaved channels. */
export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/** Changes the image that begins at `from`, in place. */
export type ImageChange = (images: Float32Array, from: number, random: Random) => void;

/** Draws uniformly from [−size, size). */
export const spread = (random: Random, size: number): number => (2 * random.uniform() - 1) * size;
