/**
 * DEHB: Hyperband whose trials are bred by differential evolution, with a subpopulation for each budget. Awad, Mallik &
 * Hutter, "DEHB: Evolutionary Hyperband for Scalable, Robust and Efficient Hyperparameter Optimization" (IJCAI 2021),
 * section 4: rand/1 mutation with F = 0.5, binomial crossover with rate 0.5, out-of-range genes of a mutant redrawn;
 * parents come from the best of the next lower budget, the target and its replacement from the budget itself.
 *
 * - Every trial is new and has one budget, its rung (`Trial.bracket`), where it is stopped: no checkpoints needed.
 * - Budgets follow Hyperband's rounds without waiting for any: a trial learns from whatever has ended (section 4.4).
 * - A budget's first trials come from the sampler at the lowest rung of a round; above, they are the best from the rung
 *   below, tried for longer, as in the paper's first round.
 *
 * Populations are derived from the trials in order, so nothing has to be saved.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { nearestAllowed } from '../constraints/index.js';
import { isActive, keyOf } from '../space/index.js';
import type { History, Next, Random, Scheduler, Space, Trial, Verdict } from '../types.js';
import { axesOf, type Axis } from '../space/unit.js';
import { sizeOf } from './brackets.js';
import { Ladder, LadderSettings } from './ladder.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

const share = z.number().gt(0).max(1);
export const DehbSettings = z.strictObject({
  ...LadderSettings,
  mutation: z.number().gt(0).max(2).default(0.5).describe('Factor of the difference that is added to a parent (F).'),
  crossover: share.default(0.5).describe('Probability that a parameter comes from the mutant, not the target (CR).'),
});

interface Member {
  id: number;
  params: Params;
  loss: number;
}

export class DehbScheduler implements Scheduler {
  readonly name = 'dehb';
  private readonly ladder: Ladder;
  private readonly axes: Axis[];

  constructor(
    private readonly settings: z.infer<typeof DehbSettings>,
    space: Space,
  ) {
    this.ladder = new Ladder(settings);
    this.axes = axesOf(space);
  }

  judge(history: History, trial: Trial): Verdict {
    if (history.goals.length !== 1 || trial.repeatOf !== undefined || trial.bracket === undefined) return 'continue';
    this.ladder.update(history);
    return this.ladder.crossed(history, trial) >= trial.bracket ? 'prune' : 'continue';
  }

  next(history: History, random: Random): Next {
    if ((history.planned ?? Infinity) <= history.trials.length) return { kind: 'end' };
    if (history.goals.length !== 1) return { kind: 'begin' };
    this.ladder.update(history);
    const bred = history.trials.filter(({ bracket, repeatOf }) => bracket !== undefined && repeatOf === undefined);
    const { level, lowest } = this.levelOf(bred.length);
    const params = this.breed(history, bred, level, lowest, random);
    return { kind: 'begin', bracket: level, ...(params && { params }) };
  }

  /** Returns the rung of the i-th trial, and the lowest rung of its round. */
  private levelOf(i: number): { level: number; lowest: number } {
    const { rungs } = this.ladder;
    const { eta } = this.settings;
    for (let round = 0, left = i; ; round++) {
      const lowest = round % (rungs.length + 1);
      let size = sizeOf(lowest, rungs.length, eta);
      for (let level = lowest; level <= rungs.length; level++) {
        if (left < size) return { level, lowest };
        left -= size;
        size = Math.max(1, Math.floor(size / eta));
      }
    }
  }

  /** Returns the params of the next trial, or null if the sampler should suggest them. */
  private breed(
    history: History,
    bred: readonly Trial[],
    level: number,
    lowest: number,
    random: Random,
  ): Params | null {
    const own = this.population(history, bred, level);
    const below = level > lowest ? this.population(history, bred, level - 1).members : null;
    if (own.begun < own.size) {
      if (!below) return null;
      // The best of the rung below that was not yet tried at this budget.
      const here = new Set(
        bred.filter(({ bracket }) => bracket === level).map(({ params }) => keyOf(history.space, params)),
      );
      return below.find(({ params }) => !here.has(keyOf(history.space, params)))?.params ?? null;
    }
    const target = own.slots[own.begun % own.size] ?? null;
    const pool = (below ?? own.members).slice(0, Math.max(own.size, 3));
    for (const { params, id } of own.members)
      if (pool.length < 3 && !pool.some((m) => m.id === id)) pool.push({ id, params, loss: 0 });
    if (!target || pool.length < 3) return null;
    const params = this.cross(history.space, target.params, pool, random);
    const key = keyOf(history.space, params);
    return bred.some((trial) => trial.bracket === level && keyOf(history.space, trial.params) === key) ? null : params;
  }

  /** Returns a budget's members in their slots and sorted best first: a newcomer takes its slot if it is no worse. */
  private population(history: History, bred: readonly Trial[], level: number) {
    const size = Math.max(4, sizeOf(level, this.ladder.rungs.length, this.settings.eta));
    const slots: (Member | undefined)[] = [];
    let begun = 0;
    for (const trial of bred) {
      if (trial.bracket !== level) continue;
      const slot = begun++ % size;
      const loss = this.lossOf(history, trial, level);
      const held = slots[slot];
      if (loss !== null && (!held || loss <= held.loss)) slots[slot] = { id: trial.id, params: trial.params, loss };
    }
    const members = slots.filter((member) => member !== undefined).sort((a, b) => a.loss - b.loss || a.id - b.id);
    return { size, slots, begun, members };
  }

  /** Returns null if the loss is not known yet. */
  private lossOf(history: History, trial: Trial, level: number): number | null {
    if (trial.state === 'failed') return Infinity;
    if (level < this.ladder.rungs.length) {
      return this.ladder.reached(history, trial) >= level ? this.ladder.lossAt(history, trial, level) : null;
    }
    if (trial.state !== 'completed') return null;
    return history.goals[0] === 'minimize' ? trial.values![0]! : -trial.values![0]!;
  }

  private cross(space: Space, target: Params, pool: readonly Member[], random: Random): Params {
    const picks: Params[] = [];
    for (const taken = new Set<number>(); picks.length < 3;) {
      const i = random.int(pool.length);
      if (taken.has(i)) continue;
      taken.add(i);
      picks.push(pool[i]!.params);
    }
    const sure = random.int(this.axes.length);
    const params: Params = {};
    for (const [d, axis] of this.axes.entries()) {
      const place = (from: Params) => {
        const value = entryOf(from, axis.dimension.name);
        return value === undefined ? random.next() : axis.toUnit(value);
      };
      // Draws genes for inactive parameters too, so that the same random numbers are used whatever the conditions say.
      const [a, b, c] = [place(picks[0]!), place(picks[1]!), place(picks[2]!)];
      const mutant = a + this.settings.mutation * (b - c);
      const drawn = random.next();
      const within = mutant >= 0 && mutant <= 1 ? mutant : drawn;
      const kept = place(target);
      const gene = random.next() < this.settings.crossover || d === sure ? within : kept;
      if (isActive(axis.dimension, params)) setEntry(params, axis.dimension.name, axis.fromUnit(gene));
    }
    return nearestAllowed(space, params, random);
  }
}
