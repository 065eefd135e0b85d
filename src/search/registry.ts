/** Samplers and pruners by name. A new one is added here and nowhere else. */
import type { z } from 'zod';
import { SearchError } from './errors.js';
import { AshaPruner, AshaSettings } from './pruners/asha.js';
import { MedianSettings, PercentilePruner, PercentileSettings } from './pruners/median.js';
import { AutoSampler, AutoSettings } from './samplers/auto.js';
import { GridSampler, GridSettings } from './samplers/grid.js';
import { RandomSampler, RandomSettings } from './samplers/random.js';
import { SobolSampler, SobolSettings } from './samplers/sobol.js';
import { TpeSampler, TpeSettings } from './samplers/tpe.js';
import { nearest } from './nearest.js';
import type { Pruner, Sampler, Space, StudyOptions } from './types.js';

interface Entry<T, C extends unknown[]> {
  summary: string;
  settings: z.ZodType;
  make(settings: unknown, ...context: C): T;
}
/** Ties a settings schema to its maker: what the maker gets is what the schema gives. */
function entry<S extends z.ZodType, T, C extends unknown[]>(
  summary: string,
  settings: S,
  make: (settings: z.output<S>, ...context: C) => T,
): Entry<T, C> {
  return { summary, settings, make: make as Entry<T, C>['make'] };
}

export const SAMPLERS: Record<string, Entry<Sampler, [Space, number | null]>> = {
  auto: entry('picks for the problem at hand and says why', AutoSettings, (s, space: Space, trials: number | null) => {
    return new AutoSampler(s, space, trials);
  }),
  grid: entry('every combination once', GridSettings, (s, space: Space) => new GridSampler(s, space)),
  random: entry('independent random draws', RandomSettings, (s, space: Space) => new RandomSampler(s, space)),
  sobol: entry('random points that fill the space evenly', SobolSettings, (s, space: Space) => {
    return new SobolSampler(s, space);
  }),
  tpe: entry('learns from the trials so far which values are good together', TpeSettings, (s, space: Space) => {
    return new TpeSampler(s, space);
  }),
};

export const PRUNERS: Record<string, Entry<Pruner, []>> = {
  median: entry('stops trials worse than the median at the same step', MedianSettings, (s) => {
    return new PercentilePruner('median', { ...s, percentile: 50 });
  }),
  percentile: entry('stops trials outside the best percent at the same step', PercentileSettings, (s) => {
    return new PercentilePruner('percentile', s);
  }),
  asha: entry('stops all but the best at each of ever longer rungs', AshaSettings, (s) => new AshaPruner(s)),
};

type Named = string | { name: string; [setting: string]: unknown };

export function createSampler(named: Named, space: Space, trials: number | null): Sampler {
  const { found, settings } = resolve('sampler', named, SAMPLERS);
  return found.make(settings, space, trials);
}

export function createPruner(named: StudyOptions['pruner']): Pruner | null {
  if (named === null || named === 'none') return null;
  const { found, settings } = resolve('pruner', named, PRUNERS);
  return found.make(settings);
}

/** What is wrong with a sampler's or pruner's name or settings; null when nothing is. `key` is the setting at fault. */
export function checkNamed(what: 'sampler' | 'pruner', named: Named): { key: string | null; message: string } | null {
  const table: Record<string, Entry<unknown, never[]>> = what === 'sampler' ? SAMPLERS : PRUNERS;
  if (what === 'pruner' && named === 'none') return null;
  const { name, ...settings } = typeof named === 'string' ? { name: named } : named;
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!found) {
    const names = [...Object.keys(table), ...(what === 'pruner' ? ['none'] : [])];
    const near = nearest(name, names);
    const hint = near ? `did you mean "${near}"?` : `known: ${names.join(', ')}`;
    return { key: typeof named === 'string' ? null : 'name', message: `unknown ${what} "${name}"; ${hint}` };
  }
  const result = found.settings.safeParse(settings);
  if (result.success) return null;
  const issue = result.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((found.settings as z.ZodObject).shape);
    const key = issue.keys[0]!;
    const near = nearest(key, known);
    const hint = near ? `did you mean "${near}"?` : known.length ? `known: ${known.join(', ')}` : 'it has no settings';
    return { key, message: `unknown setting "${key}" of ${what} "${name}"; ${hint}` };
  }
  const key = String(issue.path[0] ?? '');
  const missing = !(key in settings);
  return {
    key: missing ? null : key,
    message: missing ? `${what} "${name}" needs "${key}"` : `setting "${key}" of ${what} "${name}": ${issue.message}`,
  };
}

function resolve<T, C extends unknown[]>(what: 'sampler' | 'pruner', named: Named, table: Record<string, Entry<T, C>>) {
  const fault = checkNamed(what, named);
  if (fault) throw new SearchError(fault.message);
  const { name, ...settings } = typeof named === 'string' ? { name: named } : named;
  const found = table[name]!;
  return { found, settings: found.settings.parse(settings) };
}
