/** Selects the results that a table compares. */
import type { Result } from '../store.js';

/** Numbers of trials at which regrets are read. */
export const AT = [25, 50, 100, 300];
/** Groups of one objective and whole trials. */
export const WHOLE = ['unimodal', 'multimodal', 'noisy', 'mixed', 'conditional', 'real'];

export class Selection {
  constructor(readonly all: readonly Result[]) {}

  /** Returns the searches of one side with one sampler and without a pruner. */
  of(side: Result['side'], sampler: string, groups: string[], workers = 1): Result[] {
    return this.all.filter(
      (r) =>
        r.side === side &&
        r.sampler === sampler &&
        groups.includes(r.group) &&
        r.workers === workers &&
        r.pruner === null,
    );
  }

  /** AutoSampler's rule is the GP sampler if there are neither categories nor conditions, up to 250 trials. */
  rule(groups: string[], workers = 1): Result[] {
    return withMissing(this.of('optuna', 'auto', groups, workers), this.of('optuna', 'gp', groups, workers));
  }

  /** TPE with all its options is the same as TPE if there are no conditions. */
  joint(groups: string[]): Result[] {
    return withMissing(this.of('optuna', 'tpe-mv', groups), this.of('optuna', 'tpe', groups));
  }

  /** Returns the results of each sampler by its name. `slow` includes the samplers that were measured up to 100 trials. */
  everybody(slow: boolean): Map<string, Result[]> {
    const ours = ['auto', 'tpe', 'gp', 'cmaes', 'de', 'portfolio', 'nsga2', 'random'];
    const theirs = ['tpe', 'cmaes', 'nsga2', 'random'];
    const named: [string, Result[]][] = [
      ...ours.map((name): [string, Result[]] => [`ours: ${name}`, this.of('ours', name, WHOLE)]),
      ...theirs.map((name): [string, Result[]] => [`Optuna: ${name}`, this.of('optuna', name, WHOLE)]),
      ['Optuna: tpe, all options', this.joint(WHOLE)],
    ];
    if (slow) {
      named.push(['Optuna: gp', this.of('optuna', 'gp', WHOLE)], ['Optuna: AutoSampler’s rule', this.rule(WHOLE)]);
    }
    return new Map(named.filter(([name, results]) => results.length > 0 && (slow || name !== 'ours: gp')));
  }
}

/** Adds those of `others` whose tasks `own` lacks. */
function withMissing(own: Result[], others: Result[]): Result[] {
  const done = new Set(own.map(({ task }) => task));
  return [...own, ...others.filter(({ task }) => !done.has(task))];
}
