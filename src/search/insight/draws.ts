/**
 * Random points of the space, as rows, over which effects are averaged. Stratified on each axis by itself: McKay,
 * Beckman & Conover, "A Comparison of Three Methods for Selecting Values of Input Variables" (Technometrics 21, 1979).
 */
import type { Params } from '../../protocol/values/index.js';
import { isAllowed, isConstrained } from '../constraints/index.js';
import { allows } from '../space/index.js';
import { createRandom } from '../maths/random.js';
import type { Allowed, Space } from '../types.js';
import { axesOf, cellOf, type Axis } from '../space/unit.js';
import { INACTIVE, type Rows } from './rows.js';
import { select } from './spread.js';
import { setEntry } from '../../protocol/values/records.js';

const FEW = 100;

export interface Draws extends Rows {
  /** Number in [0, 1) by axis and row, also where the parameter is inactive. */
  latent: Float64Array[];
  /** Sets an axis to these numbers, and updates every other axis accordingly. */
  set(axis: number, latent: Float64Array): void;
  /** Returns the rows in which all these axes are active and which obey the space's constraints. */
  rowsWith(axes: readonly number[]): Rows;
}

/** Draws points of the space; the same ones on every call. */
export function drawsOf(space: Space, count: number): Draws {
  const random = createRandom(1);
  const all = axesOf(space).map((axis) => ({ axis, latent: stratified(count), column: new Float64Array(count) }));
  const varying = all.filter(({ axis }) => axis.count !== 1);
  function stratified(n: number): Float64Array {
    const places = Float64Array.from({ length: n }, (_, i) => (i + random.next()) / n);
    for (let i = n - 1; i > 0; i--) {
      const k = random.int(i + 1);
      [places[i], places[k]] = [places[k]!, places[i]!];
    }
    return places;
  }
  function follow(): void {
    const columns = new Map<string, { axis: Axis; column: Float64Array }>();
    for (const entry of all) {
      const { axis, latent, column } = entry;
      const parents = Object.entries(axis.dimension.when ?? {}).map(([name, allowed]) => {
        const parent = columns.get(name)!;
        return { column: parent.column, fits: fitting(parent.axis, allowed) };
      });
      for (let i = 0; i < count; i++) {
        const active = parents.every((parent) => parent.column[i] !== INACTIVE && parent.fits(parent.column[i]!));
        column[i] = !active ? INACTIVE : axis.edges ? cellOf(axis.edges, latent[i]!) : latent[i]!;
      }
      columns.set(axis.dimension.name, entry);
    }
  }
  follow();
  function isAllowedAt(i: number): boolean {
    if (!isConstrained(space)) return true;
    const params: Params = {};
    for (const { axis, column } of all) {
      const at = column[i]!;
      if (at !== INACTIVE) setEntry(params, axis.dimension.name, axis.count ? axis.fromIndex(at) : axis.fromUnit(at));
    }
    return isAllowed(space, params);
  }
  const columns = varying.map(({ column }) => column);
  return {
    axes: varying.map(({ axis }) => axis),
    columns,
    latent: varying.map(({ latent }) => latent),
    count,
    set(axis, latent) {
      varying[axis]!.latent.set(latent);
      follow();
    },
    rowsWith(wanted) {
      const kept: number[] = [];
      for (let i = 0; i < count; i++) {
        if (wanted.every((d) => columns[d]![i] !== INACTIVE) && isAllowedAt(i)) kept.push(i);
      }
      return select(this, Int32Array.from(kept));
    },
  };
}

/** Returns draws that obey the space's constraints, or all draws if hardly any do. */
export function allowedDraws(space: Space, count: number): Rows {
  const draws = drawsOf(space, count);
  const allowed = draws.rowsWith([]);
  return allowed.count >= Math.min(count, FEW) ? allowed : draws;
}

/** Returns a test of an axis's entries: indices of listed values, or positions of a continuous one. */
function fitting(axis: Axis, allowed: Allowed): (entry: number) => boolean {
  if (!axis.count) return (unit) => allows(allowed, axis.fromUnit(unit));
  const listed = Uint8Array.from({ length: axis.count }, (_, i) => (allows(allowed, axis.fromIndex(i)) ? 1 : 0));
  return (index) => listed[index] === 1;
}
