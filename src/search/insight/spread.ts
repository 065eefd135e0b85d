/** Selects trials that lie far apart, for a model of the whole space. */
import { INACTIVE, type Rows } from './rows.js';

/** Maximum number of trials considered; of more, an even sample is used. */
const LOOKED_AT = 2000;

/**
 * Farthest-point traversal (Gonzalez, "Clustering to minimize the maximum intercluster distance", Theoretical Computer
 * Science 38, 1985): each next row is the farthest from all previous ones. Returns at most `most` rows, in ascending
 * order.
 *
 * A sampler that has learned leaves hundreds of trials in one small region and few elsewhere, and a model of all of
 * them fits that region. On TPE's histories of 200 to 800 trials, a Gaussian process on 128 rows chosen this way
 * estimated the parameters' importance several times as accurately as one on all.
 */
export function spread(rows: Rows, most: number): Int32Array {
  const every = Math.ceil(rows.count / LOOKED_AT);
  const looked = Int32Array.from({ length: Math.ceil(rows.count / every) }, (_, k) => k * every);
  if (looked.length <= most) return looked;
  const near = new Float64Array(looked.length).fill(Infinity);
  const chosen: number[] = [];
  for (let next = 0; chosen.length < most && next >= 0;) {
    chosen.push(looked[next]!);
    near[next] = -1;
    approach(rows, looked, next, near);
    let farthest = -1;
    for (let k = 0; k < near.length; k++)
      if (near[k]! > 0 && (farthest < 0 || near[k]! > near[farthest]!)) farthest = k;
    next = farthest;
  }
  return Int32Array.from(chosen).sort();
}

/** Lowers each row's squared distance to the nearest chosen one. */
function approach({ axes, columns }: Rows, looked: Int32Array, chosen: number, near: Float64Array): void {
  const own = looked[chosen]!;
  const added = new Float64Array(looked.length);
  for (const [d, axis] of axes.entries()) {
    const column = columns[d]!;
    const at = column[own]!;
    const scale = axis.count ? 1 / axis.count : 1;
    for (let k = 0; k < looked.length; k++) {
      const other = column[looked[k]!]!;
      if (!axis.ordered || at === INACTIVE || other === INACTIVE) added[k]! += at === other ? 0 : 1;
      else added[k]! += ((at - other) * scale) ** 2;
    }
  }
  for (let k = 0; k < near.length; k++) if (added[k]! < near[k]!) near[k] = added[k]!;
}

export function select({ axes, columns }: Rows, chosen: Int32Array): Rows {
  return {
    axes,
    columns: columns.map((column) => Float64Array.from(chosen, (i) => column[i]!)),
    count: chosen.length,
  };
}
