/** Samplers and pruners by name. New ones are added here and nowhere else. */
import type { z } from 'zod';
import { SearchError, SpaceError } from './errors.js';
import { AutoPruner, AutoPrunerSettings } from './pruners/auto.js';
import { CurvePruner, CurveSettings } from './pruners/curve.js';
import { MedianSettings, PercentilePruner, PercentileSettings } from './pruners/median.js';
import { PatiencePruner, PatienceSettings } from './pruners/patience.js';
import { ThresholdPruner, ThresholdSettings } from './pruners/threshold.js';
import { WilcoxonPruner, WilcoxonSettings } from './pruners/wilcoxon.js';
import { AutoSampler, AutoSettings } from './samplers/auto/index.js';
import { CmaEsSampler, CmaEsSettings } from './samplers/cma/index.js';
import {
  DifferentialEvolutionSampler,
  DifferentialEvolutionSettings,
} from './samplers/evolution/differentialEvolution.js';
import { oneObjective } from './samplers/evolution/standing.js';
import { NsgaSampler, NsgaSettings } from './samplers/evolution/nsga.js';
import {
  RegularizedEvolutionSampler,
  RegularizedEvolutionSettings,
} from './samplers/evolution/regularizedEvolution.js';
import { ReinforceSampler, ReinforceSettings } from './samplers/reinforce.js';
import { BohbSampler, BohbSettings } from './samplers/bohb.js';
import { GpSampler, GpSettings } from './samplers/gp.js';
import { HypergradientSampler, HypergradientSettings } from './samplers/hypergradient.js';
import { GridSampler, GridSettings } from './samplers/grid.js';
import { type Maker, PortfolioSampler, PortfolioSettings } from './samplers/portfolio/index.js';
import { OwnSamplerAdapter, OwnSettings } from './samplers/own.js';
import { PriorBandSampler, PriorBandSettings } from './samplers/priorband.js';
import { RandomSampler, RandomSettings } from './samplers/random.js';
import { SobolSampler, SobolSettings } from './samplers/sobol/index.js';
import { TpeSampler, TpeSettings } from './samplers/tpe/index.js';
import { AshaSettings } from './schedulers/asha.js';
import { DehbScheduler, DehbSettings } from './schedulers/dehb.js';
import { HalvingSettings, HyperbandSettings, makeAsha, makeHalving, makeHyperband } from './schedulers/halving.js';
import { makePb2, makePbt, Pb2Settings, PbtSettings } from './schedulers/populations.js';
import { ThawScheduler, ThawSettings } from './schedulers/thaw.js';
import { nearest } from './space/nearest.js';
import type { Goal, MakeOwn, Named, Pruner, Sampler, Scheduler, Space, StudyOptions } from './types.js';
import { entryOf, hasEntry } from '../protocol/values/records.js';
import { l10n } from '../format/l10n.js';

/** Facts about the search for a sampler, pruner or scheduler that is being created. */
export interface Context {
  space: Space;
  goals: Goal[];
  trials: number | null;
  workers: number;
  maxSteps: number | null;
  /** True if trials can pause. */
  checkpoints: boolean;
  /** Names of the search's sampler and pruner, without settings. */
  sampler: string;
  pruner: string | null;
  /** Makes the sampler of a person's own module; absent where none was loaded. */
  makeOwn?: MakeOwn | undefined;
}

interface Entry<T> {
  summary: string;
  settings: z.ZodType;
  make(settings: unknown, context: Context): T;
}
/** Ties a settings schema to `make`, which receives exactly what the schema produces. */
function entry<S extends z.ZodType, T>(
  summary: string,
  settings: S,
  make: (settings: z.output<S>, context: Context) => T,
): Entry<T> {
  return { summary, settings, make: make as Entry<T>['make'] };
}

export const SAMPLERS: Record<string, Entry<Sampler>> = {
  auto: entry('chooses a sampler for the problem, and says why', AutoSettings, (s, context) => {
    const { space, goals, trials: planned, workers } = context;
    return new AutoSampler(s, space, { goals, planned, workers }, maker(context));
  }),
  portfolio: entry('divides the trials between samplers by what each finds', PortfolioSettings, (s, context) => {
    return new PortfolioSampler(s, context.space, context.goals.length, maker(context));
  }),
  grid: entry('every combination once', GridSettings, (s, { space }) => new GridSampler(s, space)),
  random: entry('independent random draws', RandomSettings, (s, { space }) => new RandomSampler(s, space)),
  sobol: entry('random points that fill the space evenly', SobolSettings, (s, { space }) => new SobolSampler(s, space)),
  tpe: entry('learns from the trials so far which values are good together', TpeSettings, (s, { space }) => {
    return new TpeSampler(s, space);
  }),
  gp: entry(
    'models all trials with a Gaussian process: the best for up to some hundred',
    GpSettings,
    (s, { space }) => {
      return new GpSampler(s, space);
    },
  ),
  cmaes: entry('moves and reshapes a normal distribution towards what is better', CmaEsSettings, (s, context) => {
    oneObjective('cmaes', context.goals);
    return new CmaEsSampler(s, context.space);
  }),
  de: entry('moves good trials along the differences of others', DifferentialEvolutionSettings, (s, context) => {
    oneObjective('de', context.goals);
    return new DifferentialEvolutionSampler(s, context.space, context.trials);
  }),
  evolution: entry('mutates good ones among the latest trials', RegularizedEvolutionSettings, (s, context) => {
    oneObjective('evolution', context.goals);
    return new RegularizedEvolutionSampler(s, context.space);
  }),
  nsga2: entry('evolves the front of several objectives', NsgaSettings, (s, { space, goals }) => {
    return new NsgaSampler('nsga2', s, space, goals);
  }),
  nsga3: entry('evolves the front of three or more objectives', NsgaSettings, (s, { space, goals }) => {
    return new NsgaSampler('nsga3', s, space, goals);
  }),
  reinforce: entry('experimental: learns a policy over lists of values', ReinforceSettings, (s, context) => {
    oneObjective('reinforce', context.goals);
    return new ReinforceSampler(s, context.space);
  }),
  bohb: entry('like tpe, but learns from the trials of one budget; for hyperband', BohbSettings, (s, { space }) => {
    return new BohbSampler(s, space);
  }),
  priorband: entry(
    'near what you believe and near the best so far: for hyperband',
    PriorBandSettings,
    (s, { space }) => {
      return new PriorBandSampler(s, space);
    },
  ),
  hypergradient: entry(
    'trials tune what has a gradient while they train, auto searches the rest',
    HypergradientSettings,
    (s, context) => {
      oneObjective('hypergradient', context.goals);
      return new HypergradientSampler(s, context.space, restMaker(s.tuned ?? [], context));
    },
  ),
  module: entry('a sampler of your own, from a JavaScript module', OwnSettings, (s, context) => {
    const { path, ...settings } = s;
    const { space, goals, trials, workers, makeOwn } = context;
    if (!makeOwn) throw new SearchError(l10n.t("the sampler's module {0} is loaded by searches only", path));
    return new OwnSamplerAdapter(path, makeOwn, { space, goals, trials, workers, settings });
  }),
};

/** Names of the samplers that need a space only: neither a module of a person's own nor trials that tune themselves. */
export const BUILT_IN_SAMPLERS = Object.keys(SAMPLERS).filter((name) => name !== 'module' && name !== 'hypergradient');

export const PRUNERS: Record<string, Entry<Pruner | Scheduler>> = {
  auto: entry('chooses a pruner for the problem, and says why', AutoPrunerSettings, (_, { goals, ...context }) => {
    return new AutoPruner({ ...context, goals: goals.length });
  }),
  median: entry('stops trials worse than the median at the same step', MedianSettings, (s) => {
    return new PercentilePruner('median', { ...s, percentile: 50 });
  }),
  percentile: entry('stops trials outside the best percentage at the same step', PercentileSettings, (s) => {
    return new PercentilePruner('percentile', s);
  }),
  curve: entry(
    'stops trials whose learning curve is unlikely to beat the best',
    CurveSettings,
    (s) => new CurvePruner(s),
  ),
  thaw: entry('pauses trials unlikely to win, and resumes them if that changes', ThawSettings, (s) => {
    return new ThawScheduler(s);
  }),
  patience: entry(
    'stops trials that no longer become better, or holds another pruner back until then',
    PatienceSettings,
    (s, context) => {
      return new PatiencePruner(s, createPruner(s.pruner ?? null, context));
    },
  ),
  threshold: entry('stops trials whose value leaves its bounds', ThresholdSettings, (s) => new ThresholdPruner(s)),
  wilcoxon: entry(
    'stops trials significantly worse than the best, where steps are instances',
    WilcoxonSettings,
    (s) => {
      return new WilcoxonPruner(s);
    },
  ),
  asha: entry(
    'stops or pauses all but the best trials at each of ever longer rungs',
    AshaSettings,
    (s, { checkpoints }) => {
      return makeAsha(s, checkpoints);
    },
  ),
  halving: entry('successive halving, in rounds', HalvingSettings, (s, { checkpoints, goals }) => {
    return makeHalving(s, checkpoints && goals.length === 1);
  }),
  hyperband: entry(
    'successive halving from early and from late first rungs',
    HyperbandSettings,
    (s, { checkpoints }) => {
      return makeHyperband(s, checkpoints);
    },
  ),
  dehb: entry('Hyperband with trials bred by differential evolution', DehbSettings, (s, { space }) => {
    return new DehbScheduler(s, space);
  }),
  pbt: entry('a population that copies and changes its best while training', PbtSettings, (s, { space }) =>
    makePbt(s, space),
  ),
  pb2: entry('a population whose params are chosen by a model of their progress', Pb2Settings, (s, { space }) =>
    makePb2(s, space),
  ),
};

/** Returns a function that creates the members of a composed sampler. */
function maker(context: Context): Maker {
  return (name) => {
    if (!Object.hasOwn(SAMPLERS, name)) return null;
    try {
      return createSampler(name, context);
    } catch (error) {
      if (error instanceof SearchError) return null;
      throw error;
    }
  };
}

/** Returns a function that creates samplers for the parameters that gradients don't tune. */
function restMaker(tuned: readonly string[], context: Context): Maker {
  const dimensions = context.space.dimensions.filter(({ name }) => !tuned.includes(name));
  return maker({ ...context, space: { dimensions } });
}

export function createSampler(named: Named, context: Context): Sampler {
  const { found, settings } = resolve('sampler', named, SAMPLERS);
  return found.make(settings, context);
}

export function createPruner(named: Named | null, context: Context): Pruner | Scheduler | null {
  if (named === null || named === 'none') return null;
  const { found, settings } = resolve('pruner', named, PRUNERS);
  return found.make(settings, context);
}

export interface MethodFault {
  what: 'sampler' | 'pruner';
  /** Name of the parameter that it can't take; null: the space or the objectives as a whole. */
  parameter: string | null;
  message: string;
}

/** Returns why a study with this sampler and pruner, whose settings are right, can't begin; null if it can. */
export function methodFault(
  options: Pick<StudyOptions, 'space' | 'goals' | 'sampler' | 'pruner'> &
    Pick<Context, 'trials' | 'maxSteps' | 'checkpoints'>,
): MethodFault | null {
  const { sampler, pruner, ...facts } = options;
  // A person's module is loaded when the search starts, not while the file is checked.
  if (nameOf(sampler) === 'module') return null;
  const context = { ...facts, workers: 1, sampler: nameOf(sampler), pruner: pruner && nameOf(pruner) };
  for (const what of ['sampler', 'pruner'] as const) {
    try {
      if (what === 'sampler') createSampler(sampler, context);
      else createPruner(pruner, context);
    } catch (error) {
      if (!(error instanceof SearchError)) throw error;
      return { what, parameter: error instanceof SpaceError ? error.parameter : null, message: error.message };
    }
  }
  return null;
}

export function nameOf(named: Named): string {
  return typeof named === 'string' ? named : named.name;
}

/** Samplers that try values without looking at how good the others were. */
const BLIND: readonly string[] = ['grid', 'random', 'sobol'];

/**
 * Returns the part of a search's settings that compares trials and so needs an objective, such as `sampler "auto"`;
 * null if none.
 */
export function whatCompares(
  settings: Pick<StudyOptions, 'sampler' | 'pruner' | 'stages' | 'warmStart' | 'repeat'>,
): string | null {
  const { sampler, pruner, stages, warmStart, repeat } = settings;
  if (!BLIND.includes(nameOf(sampler))) return `sampler "${nameOf(sampler)}"`;
  if (pruner !== null && pruner !== 'none') return `pruner "${nameOf(pruner)}"`;
  return stages ? 'stages' : warmStart ? 'warmStart' : repeat ? 'repeat' : null;
}

/** Returns what is wrong with a sampler's or pruner's name or settings, or null. `key` is the faulty setting. */
export function checkNamed(what: 'sampler' | 'pruner', named: Named): { key: string | null; message: string } | null {
  const table: Record<string, Entry<unknown>> = what === 'sampler' ? SAMPLERS : PRUNERS;
  if (what === 'pruner' && named === 'none') return null;
  const { name, ...settings } = typeof named === 'string' ? { name: named } : named;
  const found = Object.hasOwn(table, name) ? entryOf(table, name) : undefined;
  if (!found) {
    const names = [...Object.keys(table), ...(what === 'pruner' ? ['none'] : [])];
    const near = nearest(name, names);
    const hint = near ? l10n.t('did you mean "{0}"?', near) : l10n.t('known: {0}', names.join(', '));
    return {
      key: typeof named === 'string' ? null : 'name',
      message: l10n.t('unknown {0} "{1}"; {2}', what, name, hint),
    };
  }
  const result = found.settings.safeParse(settings);
  if (result.success) return null;
  const issue = result.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((found.settings as z.ZodObject).shape);
    const key = issue.keys[0]!;
    const near = nearest(key, known);
    const hint = near
      ? l10n.t('did you mean "{0}"?', near)
      : known.length
        ? l10n.t('known: {0}', known.join(', '))
        : l10n.t('it has no settings');
    return { key, message: l10n.t('unknown setting "{0}" of {1} "{2}"; {3}', key, what, name, hint) };
  }
  const key = String(issue.path[0] ?? '');
  const missing = !hasEntry(settings, key);
  return {
    key: missing ? null : key,
    message: missing
      ? `${what} "${name}" needs "${key}"`
      : l10n.t('setting "{0}" of {1} "{2}": {3}', key, what, name, issue.message),
  };
}

function resolve<T>(what: 'sampler' | 'pruner', named: Named, table: Record<string, Entry<T>>) {
  const fault = checkNamed(what, named);
  if (fault) throw new SearchError(fault.message);
  const { name, ...settings } = typeof named === 'string' ? { name: named } : named;
  const found = entryOf(table, name)!;
  return { found, settings: found.settings.parse(settings) };
}
