/**
 * Finds params that a space's linear constraints allow, near a wish: sets one value after another, parents of
 * conditions first and the others in random order, each to the nearest value for which interval arithmetic leaves the
 * rest a chance, and backtracks from values that leave none.
 */
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { draw, gridOf, isActive, nearestWithin, sameValue } from '../space/dimension.js';
import type { Linear } from './linear.js';
import type { Dimension, Random } from '../types.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';

/** Number of values set before giving up, and the number of values tried for each parent. */
const VISITS = 2000;
const OTHERS = 64;

export class Walk {
  readonly found: Params | null;
  visits = 0;
  /** Order in which dimensions are set; from `leaves` on, no later step depends on the value. */
  private readonly order: number[];
  private readonly leaves: number;
  private readonly position: number[];

  /** Searches from `wish`, keeping the values in `given`. */
  constructor(
    private readonly linear: Linear,
    private readonly wish: Params,
    private readonly random: Random,
    private readonly given: Params = {},
  ) {
    const all = linear.dimensions.map((_, i) => i);
    const last = all.filter((i) => !linear.isParent[i] && !hasEntry(given, linear.dimensions[i]!.name));
    for (let i = last.length - 1; i > 0; i--) {
      const j = random.int(i + 1);
      [last[i], last[j]] = [last[j]!, last[i]!];
    }
    const late = new Set(last);
    this.order = [...all.filter((i) => !late.has(i)), ...last];
    this.leaves = all.length - last.length;
    this.position = all.map(() => 0);
    for (const [place, i] of this.order.entries()) this.position[i] = place;
    const params: Params = {};
    this.found = this.parent(0, params) ? params : null;
  }

  /** Extends the params from this place on; restores them and returns false if there is no way. */
  private parent(place: number, params: Params): boolean {
    const { linear } = this;
    const decided = (i: number) => this.position[i]! < place;
    if (!linear.mayBeMet(params, decided)) return false;
    if (place === this.leaves)
      return this.leaf(
        place,
        params,
        linear.rows.map((row) => linear.least(row, params, decided)),
      );
    const i = this.order[place]!;
    const d = linear.dimensions[i]!;
    if (!isActive(d, params)) return this.parent(place + 1, params);
    const room = linear.room(i, (row) => linear.least(row, params, decided, i));
    for (const value of this.candidates(i, d, room)) {
      if (++this.visits > VISITS) return false;
      setEntry(params, d.name, value);
      if (this.parent(place + 1, params)) return true;
      delete params[d.name];
    }
    return false;
  }

  /** Sets the leaves; `sums` holds the lower bound of each row. */
  private leaf(place: number, params: Params, sums: number[]): boolean {
    const { linear } = this;
    if (place === this.order.length) return linear.allows(params);
    const i = this.order[place]!;
    const d = linear.dimensions[i]!;
    if (!isActive(d, params)) return this.leaf(place + 1, params, sums);
    const rows = linear.rowsOf[i]!;
    const before = rows.map((r) => sums[r]!);
    const least = linear.leastOf[i]!;
    const room = linear.room(i, (_, k) => before[k]! - least[k]!);
    for (const value of this.candidates(i, d, room)) {
      if (++this.visits > VISITS) break;
      let possible = true;
      for (const [k, r] of rows.entries()) {
        sums[r] = before[k]! - least[k]! + linear.factorsOf[i]![k]! * (value as number);
        possible &&= sums[r] <= linear.rows[r]!.limit;
      }
      setEntry(params, d.name, value);
      if (possible && this.leaf(place + 1, params, sums)) return true;
      delete params[d.name];
    }
    for (const [k, r] of rows.entries()) sums[r] = before[k]!;
    return false;
  }

  /** Returns the values to try, without duplicates, nearest to the wish first. */
  private candidates(i: number, d: Dimension, [low, high]: [number, number]): ParamValue[] {
    const { linear } = this;
    const given = entryOf(this.given, d.name);
    if (given !== undefined) return [given];
    const wish = entryOf(this.wish, d.name) ?? draw(d, this.random);
    const constrained = linear.rowsOf[i]!.length > 0;
    const values: ParamValue[] = [];
    const add = (value: ParamValue | null) => {
      if (value !== null && !values.some((other) => sameValue(other, value))) values.push(value);
    };
    if (!constrained) values.push(wish);
    else for (const near of [wish as number, low, high, (low + high) / 2]) add(nearestWithin(d, near, low, high));
    if (!linear.isParent[i] && !(constrained && d.kind === 'choice')) return values;
    const grid = gridOf(d, null);
    for (let k = 0; k < Math.min(OTHERS, grid?.count ?? 0); k++) {
      const other = grid!.at(k);
      add(constrained ? nearestWithin(d, other as number, low, high) : other);
    }
    return values;
  }
}
