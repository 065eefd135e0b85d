/** The axes of a space with their conditions, on numbers alone: no params are built for points that are not tried. */
import type { Params } from '../../../protocol/values/index.js';
import { allows } from '../../space/dimension.js';
import type { Random, Space } from '../../types.js';
import { axesOf, cellOf, type Axis } from '../../space/unit.js';
import { entryOf, setEntry } from '../../../protocol/values/records.js';

/** Entry of an inactive parameter in `Point` and in columns. */
export const INACTIVE = -1;
/** Entries by axis: the index of the value, the position in [0, 1] on a continuous axis, or INACTIVE. */
export type Point = Float64Array;

interface Parent {
  at: number;
  allows(value: number): boolean;
}

export class Tree {
  readonly axes: readonly Axis[];
  /** Number of axes with more than one value. */
  readonly free: number;
  private readonly parents: (readonly Parent[])[];

  constructor(space: Space) {
    const axes = (this.axes = axesOf(space));
    const places = new Map(axes.map((axis, i) => [axis.dimension.name, i]));
    this.free = axes.filter((axis) => axis.count !== 1).length;
    this.parents = axes.map(({ dimension }) => {
      return Object.entries(dimension.when ?? {}).map(([name, allowed]): Parent => {
        const at = places.get(name) ?? -1;
        const axis = axes[at];
        if (!axis) return { at: 0, allows: () => false };
        const fits = (value: Params[string]) => allows(allowed, value);
        if (!axis.count) return { at, allows: (u) => fits(axis.fromUnit(u)) };
        const listed = Uint8Array.from({ length: axis.count }, (_, k) => (fits(axis.fromIndex(k)) ? 1 : 0));
        return { at, allows: (k) => listed[k] === 1 };
      });
    });
  }

  /** Returns whether the axis is active, given the values before it. */
  isActive(d: number, point: Point): boolean {
    const parents = this.parents[d]!;
    for (let k = 0; k < parents.length; k++) {
      const { at, allows } = parents[k]!;
      const value = point[at]!;
      if (value === INACTIVE || !allows(value)) return false;
    }
    return true;
  }

  /** Returns the middle of a range, or a random choice. */
  middleOf(d: number, random: Random): number {
    const { edges, ordered } = this.axes[d]!;
    if (!edges) return 0.5;
    return cellOf(edges, ordered ? 0.5 : random.next());
  }

  /** Fills the point, parents first; inactive parameters become INACTIVE. */
  fill(point: Point, place: (d: number) => number): void {
    for (let d = 0; d < this.axes.length; d++) point[d] = this.isActive(d, point) ? place(d) : INACTIVE;
  }

  paramsAt(point: Point): Params {
    const params: Params = {};
    for (let d = 0; d < this.axes.length; d++) {
      const value = point[d]!;
      if (value === INACTIVE) continue;
      const axis = this.axes[d]!;
      setEntry(params, axis.dimension.name, axis.count ? axis.fromIndex(value) : axis.fromUnit(value));
    }
    return params;
  }

  /** Returns the position of a trial's params on one axis. */
  placeOf(d: number, params: Params): number {
    const axis = this.axes[d]!;
    const value = entryOf(params, axis.dimension.name);
    if (value === undefined) return INACTIVE;
    return axis.count ? axis.indexOf(value) : axis.toUnit(value);
  }
}
