/**
 * Bayesian optimization with Gaussian processes: models the observations and suggests the point with the greatest
 * expected improvement (Jones, Schonlau & Welch, "Efficient Global Optimization of Expensive Black-Box Functions",
 * 1998). Its parts, each with its paper: the model (gp/kernel.ts, gp/likelihood.ts), the scale of the losses
 * (gp/outputs.ts), the acquisition function (gp/outlook.ts, gp/acquisition.ts), and its maximization (gp/explore.ts).
 *
 * - The first trials fill the space evenly (Sobol). If the user gave priors, the first trial is at their mode and every
 *   second of these trials is drawn from around it.
 * - If the user asks for it, suggestions stay around the best trial (gp/region.ts).
 * - Time stays bounded: a model learns from at most `observations` trials, half of them the best (gp/chosen.ts), fits
 *   get rarer (gp/surrogate.ts), and with many rows fewer points are evaluated.
 */
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import type { Params } from '../../protocol/values/index.js';
import { isAllowed, isConstrained } from '../constraints/index.js';
import { SearchError } from '../errors.js';
import { Beliefs } from '../gp/beliefs.js';
import { chosenRows } from '../gp/chosen.js';
import { Coding } from '../gp/coding.js';
import { Data } from '../gp/data.js';
import { evenly, explore, type ExploreOptions } from '../gp/explore.js';
import { Forecast, type Outlook } from '../gp/outlook.js';
import { type Box, boxOf, into, regionOf } from '../gp/region.js';
import { FittedState } from '../gp/surrogate.js';
import { SeenPoints } from '../space/seen.js';
import { countPoints, drawAllowed, keyOf, priorParams } from '../space/index.js';
import type { History, Random, Sampler, Space } from '../types.js';
import { SobolSampler } from './sobol/index.js';

export const GpSettings = z.strictObject({
  startupTrials: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Trials that fill the space evenly before it learns. By default 5 to 10, depending on the number of parameters.',
    ),
  observations: z
    .number()
    .int()
    .min(10)
    .max(1000)
    .default(300)
    .describe(
      'Maximum number of trials to learn from: the best, the latest and some of the others. Time grows with their square.',
    ),
  trustRegion: z
    .boolean()
    .default(false)
    .describe('Whether to search only around the best trial, in a box that grows with success and shrinks without.'),
});

/**
 * Numbers of points evaluated for a suggestion, from all over the space and near good trials, for up to `FEW` rows;
 * with more rows, fewer points.
 */
const ANYWHERE = 1000;
const NEARBY = 500;
const FEW = 60;
const LEAST_SHARE = 0.12;
/** Number of climbs from the best of these, and evaluations per climb: with few rows, and with very many. */
const CLIMBS = [6, 3] as const;
const STEPS = [40, 20] as const;
/** Number of good trials whose neighbourhood is searched. */
const AROUND = 5;
const NEAR = 1e-3;

const State = z.object({ startup: z.unknown(), tasks: z.boolean(), fits: record(FittedState) });

export class GpSampler implements Sampler {
  readonly name = 'gp';
  private coding!: Coding;
  private data!: Data;
  private beliefs!: Beliefs;
  private forecast!: Forecast;
  private readonly seen = new SeenPoints();
  private readonly points: number;
  private readonly startupTrials: number;

  constructor(
    private readonly settings: z.infer<typeof GpSettings>,
    private readonly space: Space,
    private readonly startup: Sampler = new SobolSampler({}, space),
  ) {
    this.arrange(false);
    this.points = countPoints(space);
    this.startupTrials = settings.startupTrials ?? Math.min(10, Math.max(5, this.coding.columns.length + 1));
  }

  private arrange(tasks: boolean): void {
    this.coding = new Coding(this.space, tasks);
    this.data = new Data(this.coding);
    this.beliefs = new Beliefs(this.coding);
    this.forecast = new Forecast(this.coding, this.beliefs);
  }

  suggest(history: History, random: Random): Params | null {
    const tasks = (history.earlier?.length ?? 0) > 0;
    if (tasks !== this.coding.tasks) this.arrange(tasks);
    if (this.coding.columns.length === 0) return this.startup.suggest(history, random);
    const { data } = this;
    data.update(history);
    this.seen.update(history);
    const began = data.rows.length + data.pending.length;
    if (began < this.startupTrials || data.rows.length < 2) return this.begin(history, random);
    const rows = chosenRows(data.rows, this.settings.observations);
    const outlook = this.forecast.look(rows, data.pending, began, random, history.cost);
    const found = explore(this.coding, outlook.landscape, this.effort(history, random, outlook, rows.length));
    const apart = found.filter(({ row }) => data.pending.every((other) => !isNear(row, other)));
    for (const { row } of apart.concat(found)) {
      const params = this.coding.decode(row);
      if (!this.seen.has(keyOf(history.space, params)) && isAllowed(history.space, params)) return params;
    }
    return this.startup.suggest(history, random);
  }

  size(): number | null {
    return Number.isFinite(this.points) ? this.points : null;
  }

  save(): unknown {
    return { startup: this.startup.save?.() ?? null, tasks: this.coding.tasks, fits: this.forecast.fits };
  }

  load(state: unknown): void {
    const read = State.safeParse(state);
    if (!read.success) throw new SearchError("the saved state of the Gaussian process can't be read");
    const { startup, tasks, fits } = read.data;
    if (tasks !== this.coding.tasks) this.arrange(tasks);
    this.forecast.fits = fits;
    if (startup !== null && startup !== undefined) this.startup.load?.(startup);
  }

  private begin(history: History, random: Random): Params | null {
    const { space, trials } = history;
    const { beliefs, coding } = this;
    if (!beliefs.any) return this.startup.suggest(history, random);
    if (trials.length === 0) return priorParams(space, random);
    const params = this.startup.suggest(history, random);
    if (!params || trials.length % 2) return params;
    const row = coding.encode(params);
    beliefs.draw(row, random);
    const drawn = coding.decode(row);
    return isAllowed(space, drawn) && !this.seen.has(keyOf(space, drawn)) ? drawn : params;
  }

  private effort(history: History, random: Random, { around, scales }: Outlook, n: number): ExploreOptions {
    const { coding, seen } = this;
    const { space } = history;
    const share = Math.max(LEAST_SHARE, Math.min(1, (FEW / n) * (FEW / n)));
    const anywhere = Math.ceil(ANYWHERE * share);
    const box = this.box(history, scales);
    const finite = Number.isFinite(this.points);
    const constrained = isConstrained(space);
    const allowed = (row: Float64Array) => {
      const params = coding.decode(row);
      return isAllowed(space, params) && !(finite && seen.has(keyOf(space, params)));
    };
    return {
      anywhere: constrained ? this.allowedRows(space, random, anywhere / 4) : this.evenRows(anywhere, random, box),
      box,
      nearby: Math.ceil(NEARBY * share),
      around: around.slice(0, AROUND),
      allowed: constrained || finite ? allowed : null,
      random,
      scales,
      climbs: between(CLIMBS, share),
      steps: between(STEPS, share),
    };
  }

  /** Returns the trust region, or null for the whole space: constraints leave too little of a box. */
  private box({ goals, space }: History, scales: Float64Array): Box | null {
    const { coding, data } = this;
    const parameters = coding.columns.filter(({ axis }) => axis.count === 0).length;
    if (!this.settings.trustRegion || parameters === 0 || goals.length > 1 || isConstrained(space)) return null;
    const region = regionOf(data.rows, parameters, this.startupTrials);
    return region && boxOf(region, coding, scales);
  }

  private *evenRows(count: number, random: Random, box: Box | null): Generator<Float64Array> {
    for (const row of evenly(this.coding, count, random)) yield box ? into(box, this.coding, row) : row;
  }

  /** Even draws would be rejected too often if constraints leave little room. */
  private *allowedRows(space: Space, random: Random, count: number): Generator<Float64Array> {
    for (let i = 0; i < count; i++) yield this.coding.encode(drawAllowed(space, random));
  }
}

/** Returns whether two rows are too similar to run at the same time. */
const isNear = (a: Float64Array, b: Float64Array) => a.every((at, j) => Math.abs(at - b[j]!) < NEAR);

const between = ([most, least]: readonly [number, number], share: number) => Math.ceil(least + (most - least) * share);
