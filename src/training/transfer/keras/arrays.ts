/** Arrays of a Keras layer. */
import type { Array32 } from '../chain.js';
import type { Settings } from './config.js';

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
    if (!array) return this.settings.refuse(`lacks its weights: array ${this.at} is missing`);
    const fits =
      array.shape.length === shape.length && shape.every((length, i) => length === null || length === array.shape[i]);
    if (!fits) {
      const wanted = shape.map((length) => length ?? 'n').join('×');
      return this.settings.refuse(`has weights of shape ${array.shape.join('×')} where ${wanted} belongs`);
    }
    return array;
  }

  end(): void {
    if (this.at < this.arrays.length)
      this.settings.refuse(`has ${this.arrays.length} arrays of weights, not ${this.at}`);
  }
}
