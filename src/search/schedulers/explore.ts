/** The explore step of population-based training: perturbs the copied params or redraws them. */
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { nearestAllowed } from '../constraints/index.js';
import { draw, isActive, snap } from '../space/index.js';
import type { History, Random, Space, Trial } from '../types.js';
import { axesOf, type Axis } from '../space/unit.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

/** Shift as a share of the range, for values that a factor doesn't change. */
const SHIFT = 0.05;

export interface Explore {
  /** Returns changed params, keeping those in `fixed`. `trial` is the one that will continue with the result. */
  around(params: Params, fixed: Params, history: History, trial: Trial, random: Random): Params;
}

/** Jaderberg et al. (2017), section 4.1.2 and 4.2: a factor up or down, or a fresh draw. Choices are only redrawn. */
export class Perturb implements Explore {
  private readonly axes: Axis[];

  constructor(
    private readonly space: Space,
    private readonly settings: { resample: number; factor: number },
  ) {
    this.axes = axesOf(space);
  }

  around(params: Params, fixed: Params, _history: History, _trial: Trial, random: Random): Params {
    const changed: Params = {};
    for (const axis of this.axes) {
      const { name } = axis.dimension;
      if (!isActive(axis.dimension, changed)) continue;
      const value = entryOf(params, name);
      const given = entryOf(fixed, name);
      if (given !== undefined) setEntry(changed, name, given);
      else if (value === undefined || random.next() < this.settings.resample)
        setEntry(changed, name, draw(axis.dimension, random));
      else setEntry(changed, name, this.perturbed(axis, value, random.next() < 0.5));
    }
    return nearestAllowed(this.space, changed, random);
  }

  private perturbed(axis: Axis, value: ParamValue, up: boolean): ParamValue {
    const d = axis.dimension;
    if (typeof value !== 'number' || d.kind === 'choice' || d.kind === 'constant') return value;
    const times = value * (up ? this.settings.factor : 1 / this.settings.factor);
    if (d.kind === 'normal') return d.step === null ? times : axis.fromUnit(axis.toUnit(times));
    const next = snap(d, times);
    // Around 0 and on coarse steps a factor changes nothing.
    if (next !== value || axis.count === 1) return next;
    if (axis.count === 0) return axis.fromUnit(Math.max(0, Math.min(1, axis.toUnit(value) + (up ? SHIFT : -SHIFT))));
    const index = axis.indexOf(value) + (up ? 1 : -1);
    return axis.fromIndex(Math.max(0, Math.min(axis.count - 1, index)));
  }
}
