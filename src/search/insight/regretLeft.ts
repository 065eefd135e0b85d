/**
 * Is it worth continuing? Bounds how much better than the best trial so far the objective can still become, in its own
 * unit: from a Gaussian process, the best trial's upper confidence bound minus the least lower bound anywhere in the
 * space. Makarova et al., "Automatic Termination for Hyperparameter Optimization" (AutoML 2022), section 4; as there,
 * it is compared with the noise of a single measurement, below which no search can distinguish trials.
 *
 * - Bounds are `WIDTH` standard deviations wide. In the paper they grow without limit with the number of trials, and
 *   are divided by five. With ours, the true regret was within the bound in all of 180 searches (random and TPE, 20 to
 *   150 trials) on spheres of 2 and 5 dimensions, Branin, Rastrigin and Rosenbrock, and in 30 of 36 in a space of
 *   conditions and choices.
 * - Two models: one of the best trials and others far apart, and one of trials far apart only. Values much worse than
 *   the median are clipped: they say nothing about the best.
 * - Deep valleys: where a few values are much better than most, both models are also fitted to the logarithm of the
 *   gain over the worst value (a Box-Cox transformation, in the unit that makes the values look most normal). The bound
 *   is never below what the latter half of the trials gained. With random search and TPE at 25, 60 and 120 trials the
 *   true regret was within the bound 33 times of 36 on Hartmann 6 (14 without this) and 31 of 36 in a narrow well of 4
 *   dimensions; 16 of 36 on Ackley's function of 4, whose valley is narrower than the distance between trials, so that
 *   no model can see it.
 * - The least lower bound is searched for at random points of the space and around the most promising ones, closer each
 *   round.
 */
import { fitGp, type Gp } from '../gp/index.js';
import { exp, log } from '../maths/numeric.js';
import { createRandom } from '../maths/random.js';
import type { History, Random } from '../types.js';
import { allowedDraws } from './draws.js';
import { completedOf, INACTIVE, lossesOf, rowsOf, type Rows, type Unknown } from './rows.js';
import { select, spread } from './spread.js';
import { columnKind, deviationOf, HILLY, placesOf } from './surrogate.js';

export interface RegretLeft {
  /** Upper bound of the remaining improvement as far as a model can tell; in the objective's unit, never negative. */
  atMost: number;
  /** Standard deviation of one measurement, according to the model. */
  noise: number;
  /** Summary in one line. */
  sentence: string;
  trials: number;
}

export const REGRET_NEEDS = 10;
const WIDTH = 3;
/** Numbers of trials of one model: the best ones, and others. */
const BEST = 75;
const OTHERS = 75;
/** Sizes of the other model, as in surrogate.ts. */
const ALL_OF = 64;
const SHARE = 0.6;
const WIDE = 100;
/** Distance above the median at which values are clipped, as a multiple of the median's distance to the best. */
const REACH = 3;
/** Number of random points, of the most promising ones kept in each round, and of others around each of those. */
const DRAWS = 1024;
const ROUNDS = 6;
/** Units of the bent scale, as multiples of the distance from the worst value to the median. */
const BENDS = [2, 1, 0.5, 0.2, 0.1, 0.05];
const KEPT = 24;
const STEPS = 16;

export function regretLeft(history: History, options: { objective?: number } = {}): RegretLeft | Unknown {
  const { objective = 0 } = options;
  const trials = completedOf(history);
  if (trials.length < REGRET_NEEDS) {
    const unknown = `needs at least ${REGRET_NEEDS} trials that have completed`;
    return { unknown, trials: trials.length, needed: REGRET_NEEDS };
  }
  const losses = lossesOf(history, trials, objective);
  if (losses.every((loss) => loss === losses[0])) {
    return { unknown: 'all trials have the same result', trials: trials.length, needed: REGRET_NEEDS };
  }
  const all = rowsOf(history, trials);
  if (all.axes.length === 0) return { unknown: 'no parameter can vary', trials: trials.length, needed: REGRET_NEEDS };
  // One model knows where the function is good; the other is not misled by hundreds of trials in one place.
  const nearby = instructive(all, losses);
  const apart = spread(all, Math.max(ALL_OF, Math.min(WIDE, Math.round(SHARE * all.count))));
  const near = modelOf(all, losses, nearby, LINEAR);
  const models = [near, modelOf(all, losses, apart, LINEAR)];
  // A few values are much better than most, so there may be better ones that a model on the plain scale can't see.
  const bend = bendFor(Float64Array.from(apart, (i) => losses[i]!));
  if (bend) models.push(modelOf(all, losses, nearby, bend), modelOf(all, losses, apart, bend));
  const upper = Math.min(...boundsOf(near.gp, near.rows, WIDTH));
  const lower = Math.min(...models.map((model) => leastBound(model, history)));
  const atMost = Math.max(0, upper - lower, gainedLately(losses));
  const noise = Math.sqrt(near.gp.noise);
  return { atMost, noise, sentence: sentenceFor(atMost, noise), trials: trials.length };
}

interface Fitted {
  gp: Gp;
  rows: Rows;
  bend: Bend;
}

function modelOf(all: Rows, losses: Float64Array, chosen: Int32Array, bend: Bend): Fitted {
  const rows = select(all, chosen);
  const gp = fitGp({
    x: placesOf(rows),
    y: clipped(Float64Array.from(chosen, (i) => losses[i]!)).map(bend.there),
    kinds: rows.axes.map(columnKind),
    start: Float64Array.of(...rows.axes.map(() => HILLY.scale), HILLY.signal, HILLY.noise),
  });
  return { gp, rows, bend };
}

/** A scale on which the good values lie closer together: the logarithm of the gain over the worst value. */
interface Bend {
  there(loss: number): number;
  back(value: number): number;
}
const LINEAR: Bend = { there: (loss) => loss, back: (value) => value };

/** Returns null if the values look no more normal on such a scale than as they are. */
function bendFor(losses: Float64Array): Bend | null {
  const sorted = clipped(losses).sort();
  const worst = sorted.at(-1)!;
  const typical = worst - sorted[sorted.length >> 1]!;
  const n = sorted.length;
  const least = sorted[0]! - REACH * (worst - sorted[0]!);
  const likelihood = (values: Float64Array) => -n * log(deviationOf(values));
  let best = { at: null as Bend | null, likelihood: likelihood(sorted) };
  for (const share of typical > 0 ? BENDS : []) {
    const unit = share * typical;
    const there = (loss: number) => -log(1 + Math.max(0, worst - loss) / unit);
    const back = (value: number) => Math.max(least, worst - unit * (exp(-value) - 1));
    // Includes the log Jacobian of the transformation.
    const found = sorted.reduce((sum, loss) => sum - log(unit + worst - loss), likelihood(sorted.map(there)));
    if (found > best.likelihood) best = { at: { there, back }, likelihood: found };
  }
  return best.at;
}

/** Returns what the latter half of the trials gained: as many more may gain as much again. */
function gainedLately(losses: Float64Array): number {
  const half = losses.length >> 1;
  const least = (part: Float64Array) => part.reduce((a, b) => Math.min(a, b), Infinity);
  return least(losses.subarray(0, half)) - least(losses);
}

/** Returns the best rows, and of the rest those that lie far apart. */
function instructive(rows: Rows, losses: Float64Array): Int32Array {
  if (rows.count <= BEST + OTHERS) return Int32Array.from({ length: rows.count }, (_, i) => i);
  const order = Array.from(losses.keys()).sort((a, b) => losses[a]! - losses[b]! || a - b);
  const rest = Int32Array.from(order.slice(BEST)).sort();
  const far = spread(select(rows, rest), OTHERS);
  return Int32Array.from([...order.slice(0, BEST), ...Array.from(far, (k) => rest[k]!)]).sort();
}

function clipped(losses: Float64Array): Float64Array {
  const sorted = losses.slice().sort();
  const [best, middle] = [sorted[0]!, sorted[sorted.length >> 1]!];
  const worst = middle > best ? middle + REACH * (middle - best) : Infinity;
  return losses.map((loss) => Math.min(worst, loss));
}

/** Returns, by row, the mean plus a multiple of the standard deviation. */
function boundsOf({ model, center, scale }: Gp, rows: Rows, deviations: number): Float64Array {
  const d = rows.axes.length;
  const places = placesOf(rows);
  const moments = model.newMoments();
  return Float64Array.from({ length: rows.count }, (_, i) => {
    model.moments(places, moments, i * d);
    return center + scale * (moments.mean + deviations * Math.sqrt(moments.variance));
  });
}

function leastBound({ gp, rows: observed, bend }: Fitted, history: History): number {
  const random = createRandom(1);
  let points = joined(observed, allowedDraws(history.space, DRAWS));
  let least = Infinity;
  for (let round = 0, width = 0.2; round < ROUNDS; round++, width /= 2.5) {
    const bounds = boundsOf(gp, points, -WIDTH);
    const order = Array.from(bounds.keys()).sort((a, b) => bounds[a]! - bounds[b]! || a - b);
    least = Math.min(least, bounds[order[0]!]!);
    const best = select(points, Int32Array.from(order.slice(0, KEPT)));
    points = joined(best, moved(best, width, random));
  }
  return bend.back(Math.min(least, ...boundsOf(gp, points, -WIDTH)));
}

/** Returns points around each row: a few of its parameters are moved, while active parameters stay active. */
function moved({ axes, columns, count }: Rows, width: number, random: Random): Rows {
  const n = count * STEPS;
  const share = Math.max(0.3, 2 / axes.length);
  const parents = new Set(axes.flatMap(({ dimension }) => Object.keys(dimension.when ?? {})));
  const next = axes.map((axis, d) => {
    const fixed = parents.has(axis.dimension.name);
    return Float64Array.from({ length: n }, (_, i) => {
      const at = columns[d]![i % count]!;
      if (at === INACTIVE || fixed || random.next() >= share) return at;
      if (!axis.ordered) return random.int(axis.count);
      if (!axis.count) return Math.min(1, Math.max(0, at + width * random.normal()));
      const step = Math.round(width * axis.count * random.normal()) || (random.int(2) ? 1 : -1);
      return Math.min(axis.count - 1, Math.max(0, at + step));
    });
  });
  return { axes, columns: next, count: n };
}

function joined(a: Rows, b: Rows): Rows {
  const columns = a.columns.map((column, d) => Float64Array.of(...column, ...b.columns[d]!));
  return { axes: a.axes, columns, count: a.count + b.count };
}

function sentenceFor(atMost: number, noise: number): string {
  const amount = Number(atMost.toPrecision(2));
  if (atMost > noise) return `As far as a model can tell, at most ${amount} is left to gain.`;
  return `As far as a model can tell, at most ${amount} is left to gain, less than the noise of a single trial: time to stop.`;
}
