/** Series made of several: a formula over metrics, and values of one metric against those of another. */
import type { Formula } from '../query/formula.js';
import type { Series } from './series.js';

/** Value at x on the line between the points of a series; NaN before its first and behind its last. `from`: a place before x. */
function valueAt({ x, y }: Series, at: number, from: number): [value: number, from: number] {
  let i = from;
  while (i < x.length - 1 && x[i + 1]! <= at) i++;
  const [left, right] = [x[i], x[i + 1]];
  if (left === undefined || left > at) return [NaN, i];
  if (left === at) return [y[i]!, i];
  if (right === undefined) return [NaN, i];
  return [y[i]! + ((at - left) / (right - left)) * (y[i + 1]! - y[i]!), i];
}

/** The formula at each place of the series with the fewest points; places where another one has no value are left out. */
export function byFormula(formula: Formula, all: readonly Series[]): Series {
  const base = all.reduce((least, series) => (series.x.length < least.x.length ? series : least));
  const at = all.map(() => 0);
  const [x, y]: [number[], number[]] = [[], []];
  for (const place of base.x) {
    const values = new Map<string, number>();
    for (const [i, series] of all.entries()) {
      const [value, from] = valueAt(series, place, at[i]!);
      at[i] = from;
      values.set(formula.names[i]!, value);
    }
    const value = formula.evaluate((name) => values.get(name) ?? NaN);
    // Values that were logged as NaN are marked; missing ones are not.
    if (Number.isNaN(value) && [...values.values()].some(Number.isNaN) && !isLogged(all, place)) continue;
    x.push(place);
    y.push(value);
  }
  return { ...base, x, y, inRange: base.inRange - (base.x.length - x.length) };
}

const isLogged = (all: readonly Series[], place: number): boolean =>
  all.every(({ x }) => x.length > 0 && x[0]! <= place && x.at(-1)! >= place);

/** Values against those of another metric at the same step, in the order of the latter. */
export function againstMetric(series: Series, other: Series): Series {
  let from = 0;
  const points: [number, number][] = [];
  for (const [i, place] of series.x.entries()) {
    const [value, next] = valueAt(other, place, from);
    from = next;
    if (Number.isFinite(value)) points.push([value, series.y[i]!]);
  }
  points.sort((a, b) => a[0] - b[0]);
  const [x, y] = [points.map(([at]) => at), points.map(([, value]) => value)];
  return { ...series, x, y, inRange: Math.max(x.length, series.inRange - (series.x.length - x.length)) };
}
