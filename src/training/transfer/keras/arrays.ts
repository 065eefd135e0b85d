/** Arrays of a Keras layer. */
import type { Array32 } from '../chain.js';
import type { Settings } from './config.js';
import { said } from '../../../format/said.js';

/** Takes a Keras layer's arrays in their order, and checks shapes. */
export class Arrays {
  private at = 0;

  constructor(
    private readonly settings: Settings,
    private readonly arrays: readonly Array32[],
  ) {}

  /** `shape`: null stands for any length. */
  take(...shape: (number | null)[]): Array32 {
    const array = this.arrays[this.at++];
    if (!array) return this.settings.refuse(said('lacks its weights: array {0} is missing', this.at));
    const fits =
      array.shape.length === shape.length && shape.every((length, i) => length === null || length === array.shape[i]);
    if (!fits) {
      const wanted = shape.map((length) => length ?? 'n').join('×');
      return this.settings.refuse(said('has weights of shape {0} where {1} belongs', array.shape.join('×'), wanted));
    }
    return array;
  }

  end(): void {
    if (this.at < this.arrays.length)
      this.settings.refuse(said('has {0} arrays of weights, not {1}', this.arrays.length, this.at));
  }
}
