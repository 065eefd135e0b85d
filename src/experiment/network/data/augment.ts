/** Schema and normal form of data augmentation. Every magnitude may be 0, so that a search can switch it off. */
import { z } from 'zod';
import { number, oneOf, type Kit } from '../kit.js';

export interface AugmentSettings {
  /** Largest shift in pixels, in each direction. */
  shift: number;
  /** Largest rotation in degrees, in either direction. */
  rotate: number;
  /** Size of the scale range: factors lie between 1 − scale and 1 + scale. */
  scale: number;
  /** Probability of mirroring an image. */
  flip: { horizontal: number; vertical: number };
  /** Pixels of padding added around the image before a random crop to its original size. */
  crop: number;
  /** Probability of erasing a rectangle, and the largest share of the image that it covers. */
  erase: { probability: number; area: number };
  /** Standard deviation of the Gaussian noise, in the unit that the network sees. */
  noise: number;
  /** Size of the brightness range: values are multiplied by 1 − brightness to 1 + brightness. */
  brightness: number;
  /** Typical displacement in pixels, and the distance in pixels over which it is smoothed. */
  elastic: { distance: number; smoothness: number };
  /** Value of the pixels that move in from outside the image. */
  fill: 'zeros' | 'edge';
}

const ERASE = { probability: 0.5, area: 0.3 };
const SMOOTHNESS = 4;

export function augmentSchema({ p, optional }: Kit) {
  const from0 = (what: string) => number(what).min(0, `${what} must be at least 0`);
  const share = (what: string) => from0(what).max(1, `${what} must be at most 1`);
  const flip = z.union(
    [
      p(share('flip')),
      p(oneOf('flip', ['horizontal', 'vertical', 'both'])),
      z.strictObject({ horizontal: optional(share('horizontal')), vertical: optional(share('vertical')) }),
    ],
    { error: 'flip must be horizontal, vertical, both, or a probability' },
  );
  const erase = z.union(
    [
      p(share('erase')),
      z.strictObject({
        probability: optional(share('probability')).describe(`Probability. Default: ${ERASE.probability}.`),
        area: optional(share('area')).describe(`Largest share of the image. Default: ${ERASE.area}.`),
      }),
    ],
    { error: 'erase must be a probability, or { probability: 0.5, area: 0.3 }' },
  );
  const elastic = z.union(
    [
      p(from0('elastic')),
      z.strictObject({
        distance: p(from0('distance')).describe('Typical displacement in pixels, such as 1.5.'),
        smoothness: optional(number('smoothness').min(1, 'smoothness must be at least 1')).describe(
          `Pixels over which the displacement is smoothed. Default: ${SMOOTHNESS}.`,
        ),
      }),
    ],
    { error: 'elastic must be a distance in pixels, or { distance: 1.5, smoothness: 4 }' },
  );
  return z.strictObject(
    {
      shift: optional(from0('shift')).describe('Shifts by up to this many pixels, in each direction.'),
      rotate: optional(from0('rotate').max(180, 'rotate must be at most 180 degrees')).describe(
        'Rotates by up to this many degrees, either way.',
      ),
      scale: optional(from0('scale').lt(1, 'scale must be below 1')).describe(
        'Shrinks or enlarges by up to this share: 0.1 is 90 % to 110 %.',
      ),
      flip: flip.nullish().describe('Mirrors: horizontal, vertical, both (half of the images), or a probability.'),
      crop: optional(from0('crop').int('crop must be a whole number')).describe(
        'Pads by this many pixels and crops to the original size at a random position.',
      ),
      erase: erase
        .nullish()
        .describe('Replaces a rectangle by noise: a probability, or { probability: 0.5, area: 0.3 }.'),
      noise: optional(from0('noise')).describe(
        'Standard deviation of added noise. Pixels of byte images lie in [-1, 1].',
      ),
      brightness: optional(share('brightness')).describe('Darkens or brightens by up to this share.'),
      elastic: elastic
        .nullish()
        .describe('Elastic deformation: typical displacement in pixels, or { distance: 1.5, smoothness: 4 }.'),
      fill: optional(oneOf('fill', ['zeros', 'edge'])).describe(
        'Value of pixels that move in from outside: zeros (black, the default) or edge (the nearest pixel).',
      ),
    },
    { error: 'augment must be a group of settings, such as { shift: 2, rotate: 10, scale: 0.1 }' },
  );
}
export type WrittenAugment = z.output<ReturnType<typeof augmentSchema>>;

export function mixupSchema({ optional }: Kit) {
  return optional(number('mixup').min(0, 'mixup must be at least 0'));
}

export function normalizeAugment(written: WrittenAugment | null | undefined): AugmentSettings | null {
  if (!written) return null;
  const { flip, erase, elastic } = written;
  return {
    shift: written.shift ?? 0,
    rotate: written.rotate ?? 0,
    scale: written.scale ?? 0,
    flip: normalizeFlip(flip),
    crop: written.crop ?? 0,
    erase:
      typeof erase === 'number'
        ? { ...ERASE, probability: erase }
        : {
            probability: erase ? (erase.probability ?? ERASE.probability) : 0,
            area: erase?.area ?? ERASE.area,
          },
    noise: written.noise ?? 0,
    brightness: written.brightness ?? 0,
    elastic: {
      distance: typeof elastic === 'number' ? elastic : (elastic?.distance ?? 0),
      smoothness: (typeof elastic === 'number' ? null : elastic?.smoothness) ?? SMOOTHNESS,
    },
    fill: written.fill ?? 'zeros',
  };
}

function normalizeFlip(flip: WrittenAugment['flip']): AugmentSettings['flip'] {
  if (typeof flip === 'number') return { horizontal: flip, vertical: 0 };
  if (typeof flip === 'string') {
    return { horizontal: flip === 'vertical' ? 0 : 0.5, vertical: flip === 'horizontal' ? 0 : 0.5 };
  }
  return { horizontal: flip?.horizontal ?? 0, vertical: flip?.vertical ?? 0 };
}
