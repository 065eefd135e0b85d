/** Rotation, scaling, shifting, mirroring and cropping, combined into one affine map. */
import type { AugmentSettings } from '../../experiment/network/index.js';
import type { Random } from '../random.js';
import { spread, type ImageShape } from './types.js';

/** Source position of a pixel: y = yy·row + yx·column + y0, x = xy·row + xx·column + x0. */
export interface Affine2 {
  yy: number;
  yx: number;
  y0: number;
  xy: number;
  xx: number;
  x0: number;
}

type Settings = Pick<AugmentSettings, 'shift' | 'rotate' | 'scale' | 'flip' | 'crop'>;

export function isAffine({ shift, rotate, scale, flip, crop }: Settings): boolean {
  return shift > 0 || rotate > 0 || scale > 0 || flip.horizontal > 0 || flip.vertical > 0 || crop > 0;
}

/** Draws a map about the image's centre. Mirroring and cropping alone map whole pixels to whole pixels. */
export function drawAffine(into: Affine2, settings: Settings, { height, width }: ImageShape, random: Random): void {
  const { shift, rotate, scale, flip, crop } = settings;
  const angle = rotate > 0 ? (spread(random, rotate) * Math.PI) / 180 : 0;
  const size = scale > 0 ? 1 + spread(random, scale) : 1;
  const mirrorX = flip.horizontal > 0 && random.uniform() < flip.horizontal ? -1 : 1;
  const mirrorY = flip.vertical > 0 && random.uniform() < flip.vertical ? -1 : 1;
  let down = shift > 0 ? spread(random, shift) : 0;
  let right = shift > 0 ? spread(random, shift) : 0;
  if (crop > 0) {
    // Pads by `crop` and cuts out at a random position: He et al. (CVPR 2016), section 4.2.
    down += Math.floor(random.uniform() * (2 * crop + 1)) - crop;
    right += Math.floor(random.uniform() * (2 * crop + 1)) - crop;
  }
  // The map leads from the new image back to the old one, so the last operation is undone first.
  const cos = Math.cos(angle) / size;
  const sin = Math.sin(angle) / size;
  const [cy, cx] = [(height - 1) / 2, (width - 1) / 2];
  into.yy = mirrorY * cos;
  into.yx = -mirrorY * sin;
  into.xy = mirrorX * sin;
  into.xx = mirrorX * cos;
  into.y0 = cy - into.yy * (cy + down) - into.yx * (cx + right);
  into.x0 = cx - into.xy * (cy + down) - into.xx * (cx + right);
}
