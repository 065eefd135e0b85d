/**
 * A sampler that a person wrote. Whatever it suggests is checked: values outside their ranges are an error, missing values
 * are drawn, inactive parameters are left out, and constraints are obeyed.
 */
import { z } from 'zod';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { isAllowed, nearestAllowed } from '../constraints/index.js';
import { SearchError } from '../errors.js';
import { drawAllowed, draw, isActive, refuse } from '../space/index.js';
import type { History, MakeOwn, OwnFacts, OwnHistory, OwnSampler, Random, Sampler, Space } from '../types.js';

/** Other settings are the module's own. */
export const OwnSettings = z.looseObject({
  path: z
    .string({ error: 'path must be text' })
    .min(1, 'path must not be empty')
    .describe('JavaScript module beside this file whose default export makes the sampler.'),
});

export class OwnSamplerAdapter implements Sampler {
  readonly name = 'module';
  private readonly own: OwnSampler;

  /** Throws SearchError if the module's function fails or returns no sampler. */
  constructor(
    private readonly path: string,
    make: MakeOwn,
    facts: OwnFacts,
  ) {
    this.own = this.guarded('createSampler', () => make(structuredClone(facts)));
    if (typeof (this.own as Partial<OwnSampler> | null)?.suggest !== 'function')
      throw new SearchError(`the sampler of ${path} has no function "suggest"`);
  }

  suggest(history: History, random: Random): Params | null {
    const { space, goals, trials, earlier, planned, workers, maxSteps } = history;
    const copy = structuredClone({ space, goals, trials, earlier, planned, workers, maxSteps }) as OwnHistory;
    const draws = { next: () => random.next(), int: (n: number) => random.int(n), normal: () => random.normal() };
    const suggested: unknown = this.guarded('suggest', () => this.own.suggest(copy, draws));
    if (suggested === null || suggested === undefined) return null;
    if (typeof suggested !== 'object' || Array.isArray(suggested)) this.wrong('does not suggest an object of values');
    return this.checked(suggested as Params, space, random);
  }

  save(): unknown {
    return this.guarded('save', () => this.own.save?.() ?? null);
  }

  load(state: unknown): void {
    this.guarded('load', () => this.own.load?.(state));
  }

  private checked(suggested: Params, space: Space, random: Random): Params {
    for (const name of Object.keys(suggested)) {
      const dimension = space.dimensions.find((d) => d.name === name);
      if (!dimension) this.wrong(`suggests "${name}", which is not in the search space`);
      else {
        const refusal = refuse(dimension, entryOf(suggested, name)!);
        if (refusal) this.wrong(`suggests a value of "${name}" that ${refusal}`);
      }
    }
    const params: Params = {};
    for (const d of space.dimensions) {
      if (!isActive(d, params)) continue;
      const value: ParamValue = hasEntry(suggested, d.name) ? entryOf(suggested, d.name)! : draw(d, random);
      setEntry(params, d.name, value);
    }
    if (isAllowed(space, params)) return params;
    const completed = drawAllowed(space, random, suggested);
    return isAllowed(space, completed) ? completed : nearestAllowed(space, params, random);
  }

  private guarded<T>(what: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof SearchError) throw error;
      throw new SearchError(
        `the sampler of ${this.path} failed in ${what}: ${(error as Error)?.message ?? String(error)}`,
      );
    }
  }

  private wrong(what: string): never {
    throw new SearchError(`the sampler of ${this.path} ${what}`);
  }
}
