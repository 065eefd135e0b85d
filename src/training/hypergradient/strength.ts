/** The strength of the augmentation as one number, by which its sizes are multiplied. */
import type { AugmentSettings, Network } from '../../experiment/network/index.js';
import { buildAugmentation, type Augmentation } from '../augment/index.js';
import type { Dataset } from '../data/types.js';
import { TrainingError } from '../errors.js';
import type { BatchValues } from '../loop/batches.js';
import type { Random } from '../random.js';

/** Largest strength tried, and relative distance of the difference that the slope is taken from. */
const MOST = 10;
const STEP = 0.05;

export class Strength {
  readonly most: number;
  private built: { at: number; augmentation: Augmentation | null } | null = null;

  constructor(
    private readonly network: Network,
    private readonly dataset: Dataset,
  ) {
    this.most = this.largest();
  }

  /** Returns the batch augmented with this strength; the raw one stays as it is. */
  apply(raw: BatchValues, strength: number, random: Random): BatchValues {
    const { count } = raw;
    const inputs = raw.inputs.slice();
    const targets = raw.targets.slice();
    this.at(strength)?.(inputs, targets, count, random);
    return { count, inputs, targets };
  }

  /** Returns two strengths around this one, for a difference. */
  around(strength: number): [number, number] {
    return [strength * (1 - STEP), Math.min(this.most, strength * (1 + STEP))];
  }

  private at(strength: number): Augmentation | null {
    if (this.built?.at !== strength) this.built = { at: strength, augmentation: this.build(strength) };
    return this.built.augmentation;
  }

  private build(strength: number): Augmentation | null {
    return buildAugmentation({ ...this.network, augment: scaled(this.network.augment!, strength) }, this.dataset);
  }

  /** Throws TrainingError when the settings as written don't fit the data. */
  private largest(): number {
    this.build(1);
    const { scale, brightness, rotate } = this.network.augment!;
    const caps = [
      scale > 0 ? 0.9 / scale : MOST,
      brightness > 0 ? 1 / brightness : MOST,
      rotate > 0 ? 180 / rotate : MOST,
    ];
    let most = Math.max(1, Math.min(MOST, ...caps));
    while (most > 1 && !this.fits(most)) most = Math.max(1, most * 0.8);
    return most;
  }

  private fits(strength: number): boolean {
    try {
      this.build(strength);
      return true;
    } catch (error) {
      if (error instanceof TrainingError) return false;
      throw error;
    }
  }
}

function scaled(settings: AugmentSettings, by: number): AugmentSettings {
  const { shift, rotate, scale, noise, brightness, elastic } = settings;
  return {
    ...settings,
    shift: shift * by,
    rotate: rotate * by,
    scale: scale * by,
    noise: noise * by,
    brightness: brightness * by,
    elastic: { ...elastic, distance: elastic.distance * by },
  };
}
