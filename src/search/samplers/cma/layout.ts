/** A trial's params as CMA-ES sees them: a vector of all ordered parameters, and the indices of choices. */
import type { Params } from '../../../protocol/values/index.js';
import { isConstrained } from '../../constraints/index.js';
import { isActive } from '../../space/index.js';
import type { Space } from '../../types.js';
import { axesOf, type Axis } from '../../space/unit.js';
import { RateTable } from './weights.js';
import { entryOf, setEntry } from '../../../protocol/values/records.js';

/** `at`: positions in [0, 1]; `picks`: indices of choices. Entries of inactive parameters are ignored. */
export interface Place {
  at: Float64Array;
  picks: Int32Array;
}

export class Layout {
  readonly axes: Axis[];
  readonly numbers: Axis[];
  readonly choices: Axis[];
  /** Cells of each number; null for the continuous ones. */
  readonly edges: (Float64Array | null)[];
  readonly rates: RateTable;
  /**
   * True if each number is shown exactly as it was drawn: nothing is rounded, and there are no conditions or
   * constraints.
   */
  readonly plain: boolean;
  private readonly middle: Float64Array;

  constructor(space: Space) {
    this.axes = axesOf(space);
    this.numbers = this.axes.filter((axis) => axis.ordered && axis.count !== 1);
    this.choices = this.axes.filter((axis) => !axis.ordered && axis.count > 1);
    this.edges = this.numbers.map((axis) => axis.edges);
    this.rates = new RateTable(Math.max(1, this.numbers.length));
    this.plain = !isConstrained(space) && this.axes.every(isPlain);
    this.middle = new Float64Array(this.numbers.length).fill(0.5);
  }

  toParams({ at, picks }: Place): Params {
    const params: Params = {};
    let [number, choice] = [0, 0];
    for (const axis of this.axes) {
      const { dimension, count } = axis;
      const n = axis.ordered && count !== 1 ? number++ : -1;
      const c = !axis.ordered && count > 1 ? choice++ : -1;
      if (!isActive(dimension, params)) continue;
      const u = n < 0 ? 0 : Math.min(1, Math.max(0, at[n]!));
      setEntry(params, dimension.name, n >= 0 ? axis.fromUnit(u) : axis.fromIndex(c >= 0 ? picks[c]! : 0));
    }
    return params;
  }

  /**
   * Returns the place of the params. Inactive numbers take their position from `otherwise`; inactive choices are -1.
   */
  toPlace(params: Params, otherwise: Float64Array): Place {
    const value = (axis: Axis) => entryOf(params, axis.dimension.name);
    return {
      at: Float64Array.from(this.numbers, (axis, i) => {
        const own = value(axis);
        return own === undefined ? otherwise[i]! : axis.toUnit(own);
      }),
      picks: Int32Array.from(this.choices, (axis) => {
        const own = value(axis);
        return own === undefined ? -1 : axis.indexOf(own);
      }),
    };
  }

  /** Returns the place as the model sees it: inactive parameters are in the middle, a single level for the model. */
  shown(params: Params): Place {
    return this.toPlace(params, this.middle);
  }

  /** Sets the picks of choices that these params don't have to -1. */
  forget(params: Params, picks: Int32Array): void {
    for (const [c, axis] of this.choices.entries())
      if (entryOf(params, axis.dimension.name) === undefined) picks[c] = -1;
  }
}

function isPlain({ count, dimension }: Axis): boolean {
  if (dimension.when) return false;
  return count === 1 || (count === 0 && (!('step' in dimension) || dimension.step === null));
}
