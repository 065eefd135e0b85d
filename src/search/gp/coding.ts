/**
 * Encodes a conditional space as rows of numbers for the kernel: one column for each parameter with more than one
 * value. Ordered columns hold the position in [0, 1] (for steps: the middle of the value's cell), choices their index,
 * and an inactive parameter is ABSENT.
 */
import type { Params } from '../../protocol/values/index.js';
import { allows, isActive } from '../space/index.js';
import type { Allowed, Space } from '../types.js';
import { axesOf, cellOf, type Axis } from '../space/unit.js';
import { ABSENT, type ColumnKind } from './kernel.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

interface Requirement {
  column: number;
  allowed: Allowed;
  /** Allowed values by index of the parent's value, if the parent's values are listed. */
  listed: Uint8Array | null;
}

export interface Column {
  axis: Axis;
  kind: ColumnKind;
  /** Requirements that must all hold. `null`: the parameter is never active. */
  when: Requirement[] | null;
  /** True if other columns depend on this one. */
  parent: boolean;
}

export class Coding {
  readonly columns: Column[] = [];
  readonly kinds: ColumnKind[];
  private readonly axes: Axis[];

  /** With `tasks`, a last column distinguishes other searches' rows (1) from this one's (0). */
  constructor(
    readonly space: Space,
    readonly tasks = false,
  ) {
    this.axes = axesOf(space);
    const requirements = new Map<string, Requirement[] | null>();
    const placeOf = new Map<string, number>();
    for (const axis of this.axes) {
      const { name } = axis.dimension;
      const when = this.require(axis, requirements, placeOf);
      requirements.set(name, when);
      if (axis.count === 1) continue;
      placeOf.set(name, this.columns.length);
      const kind = !axis.ordered ? 'category' : when === null || when.length ? 'optional' : 'ordered';
      this.columns.push({ axis, kind, when, parent: false });
    }
    this.kinds = this.columns.map(({ kind }) => kind);
    if (tasks) this.kinds.push('category');
  }

  /** Number of columns in a row. */
  get width(): number {
    return this.kinds.length;
  }

  /** Includes the requirements of the parents: a constant parent has no column. */
  private require(
    { dimension }: Axis,
    known: Map<string, Requirement[] | null>,
    placeOf: Map<string, number>,
  ): Requirement[] | null {
    const all: Requirement[] = [];
    for (const [parent, allowed] of Object.entries(dimension.when ?? {})) {
      const inherited = known.get(parent) ?? null;
      if (!inherited) return null;
      all.push(...inherited);
      const column = placeOf.get(parent);
      if (column === undefined) {
        const only = this.axes.find((axis) => axis.dimension.name === parent)!.fromIndex(0);
        if (!allows(allowed, only)) return null;
        continue;
      }
      const { axis } = this.columns[column]!;
      this.columns[column]!.parent = true;
      let listed: Uint8Array | null = null;
      if (axis.count) {
        listed = Uint8Array.from({ length: axis.count }, (_, index) =>
          allows(allowed, axis.fromIndex(index)) ? 1 : 0,
        );
      }
      all.push({ column, allowed, listed });
    }
    return all;
  }

  isActive(j: number, row: Float64Array): boolean {
    const { when } = this.columns[j]!;
    if (!when) return false;
    for (const { column, allowed, listed } of when) {
      const at = row[column]!;
      if (at === ABSENT) return false;
      const { axis } = this.columns[column]!;
      if (listed) {
        if (!listed[this.indexAt(column, at)]) return false;
      } else if (!allows(allowed, axis.fromUnit(at))) return false;
    }
    return true;
  }

  /** Returns the index of the listed value in a column. */
  indexAt(j: number, at: number): number {
    const { axis } = this.columns[j]!;
    return axis.ordered ? cellOf(axis.edges!, at) : at;
  }

  /** Returns the entry of a column for the index of a listed value. */
  ofIndex(j: number, index: number): number {
    const { axis } = this.columns[j]!;
    return axis.ordered ? (axis.edges![index]! + axis.edges![index + 1]!) / 2 : index;
  }

  /** Returns the entry of a column for a draw 0 ≤ u ≤ 1 from the parameter's own distribution. */
  ofUnit(j: number, u: number): number {
    const { axis } = this.columns[j]!;
    return axis.edges ? this.ofIndex(j, cellOf(axis.edges, u)) : u;
  }

  encode(params: Params): Float64Array {
    const row = new Float64Array(this.width);
    for (const [j, { axis }] of this.columns.entries()) {
      const value = entryOf(params, axis.dimension.name);
      if (value === undefined) row[j] = ABSENT;
      else row[j] = axis.count ? this.ofIndex(j, Math.max(0, axis.indexOf(value))) : axis.toUnit(value);
    }
    return row;
  }

  decode(row: Float64Array): Params {
    const params: Params = {};
    let j = 0;
    for (const axis of this.axes) {
      const { dimension } = axis;
      const at = axis.count === 1 ? 0 : row[j++]!;
      if (!isActive(dimension, params)) continue;
      if (!axis.count) setEntry(params, dimension.name, axis.fromUnit(at === ABSENT ? 0.5 : at));
      else
        setEntry(params, dimension.name, axis.fromIndex(axis.count === 1 ? 0 : this.indexAt(j - 1, Math.max(0, at))));
    }
    return params;
  }
}
