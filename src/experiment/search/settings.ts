/** Converts the section `search:` to its normal form. */
import type { FloatMark } from '../../protocol/values/floats.js';
import type { Params } from '../../protocol/values/index.js';
import type {
  LinearConstraint,
  Objective,
  Rule,
  RuleTerm,
  Space,
  SpaceRule,
  Stages,
  Stop,
} from '../../search/types.js';
import { parseConstraint } from './constraints/index.js';
import { namesIn } from '../../search/index.js';
import { secondsOf } from '../network/automatic.js';
import type { WrittenExperiment } from '../schema.js';
import type { MeasuredConstraint, Named, SearchSettings } from '../types.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

type WrittenSearch = NonNullable<WrittenExperiment['search']>;

export function objectivesOf({ objective }: Pick<WrittenExperiment, 'objective'>): Objective[] {
  if (objective === undefined) return [];
  return Array.isArray(objective) ? objective : [objective];
}

/** Returns the settings of a search that has been checked. `names`: the names that constraints may use. */
export function searchSettingsOf(search: WrittenSearch, names: readonly string[], floats?: FloatMark): SearchSettings {
  const written = search.constraints ?? [];
  const read = written.flatMap((each) => (typeof each === 'string' ? [parseConstraint(each, names)] : []));
  return {
    sampler: (search.sampler ?? 'auto') as Named,
    pruner: search.pruner && search.pruner !== 'none' ? (search.pruner as Named) : null,
    trials: search.trials ?? null,
    ...(search.time !== undefined && { time: secondsOf(search.time)! }),
    parallel: search.parallel ?? 'auto',
    seed: search.seed ?? null,
    constraints: {
      linear: read.flatMap(({ constraints }) => constraints ?? []),
      ...rulesField(read.flatMap(({ rule }) => rule ?? [])),
      measured: written.filter((each) => typeof each !== 'string').map((each) => defined(each) as MeasuredConstraint),
    },
    maxSteps: search.maxSteps ?? null,
    checkpoints: search.checkpoints ?? false,
    giveUpAfter: search.giveUpAfter ?? 3,
    stages: stagesOf(search.stages),
    warmStart: warmStartOf(search.warmStart),
    repeat: repeatOf(search.repeat),
    ...stopField(search.stop),
    ...(search.cost === 'time' && { cost: search.cost }),
    noise: search.noise ?? 'auto',
    space: search.space,
    ...(floats && { floats }),
  };
}

/** Null: all parameters are tuned together. */
export function stagesOf(written: WrittenSearch['stages']): Stages | null {
  if (written === undefined || written === false) return null;
  if (written === true) return {};
  const { order, joint } = Array.isArray(written) ? { order: written } : written;
  return {
    ...(order && { order: order.map((stage) => (typeof stage === 'string' ? { name: stage } : defined(stage))) }),
    ...(joint !== undefined && { joint }),
  };
}

function warmStartOf(written: WrittenSearch['warmStart']): SearchSettings['warmStart'] {
  if (written === undefined || written === false) return null;
  const { from = ['experiment'], ...more } = written === true ? {} : written;
  return { from, ...defined(more) };
}

function stopField(written: WrittenSearch['stop']): { stop?: Stop } {
  if (written === undefined || written === false) return {};
  return { stop: written === true ? {} : defined(written) };
}

function repeatOf(written: WrittenSearch['repeat']): SearchSettings['repeat'] {
  if (written === undefined || written === false) return null;
  return { top: 3, times: 2, ...(written === true ? {} : defined(written)) };
}

const rulesField = (rules: SpaceRule[]): { rules?: SpaceRule[] } => (rules.length > 0 ? { rules } : {});

/** The space with its constraints, with the values of params that are not searched filled in. */
export function withConstraints(
  space: Space,
  { linear, rules = [] }: { linear: readonly LinearConstraint[]; rules?: readonly SpaceRule[] },
  params: Params,
): Space {
  const searched = new Set(space.dimensions.map(({ name }) => name));
  const constraints = linear.map(({ terms, atMost }) => {
    let bound = atMost;
    const kept: Record<string, number> = {};
    for (const [name, factor] of Object.entries(terms)) {
      const value = entryOf(params, name);
      if (searched.has(name)) setEntry(kept, name, factor);
      else if (typeof value === 'number') bound -= factor * value;
    }
    return { terms: kept, atMost: bound };
  });
  const left = constraints.filter(({ terms }) => Object.keys(terms).length > 0);
  const kept = rules.map(({ text, rule }) => ({ text, rule: filledIn(rule, searched, params) }));
  const rest = rulesField(kept.filter(({ rule }) => namesIn(rule).size > 0));
  return { ...space, ...(left.length > 0 && { constraints: left }), ...rest };
}

/** The rule with the values of params that are not searched. */
function filledIn(rule: Rule, searched: ReadonlySet<string>, params: Params): Rule {
  const term = (t: RuleTerm): RuleTerm => {
    if (t.kind === 'value') return t;
    if (t.kind !== 'param') return { kind: t.kind, of: [term(t.of[0]), term(t.of[1])] };
    const value = entryOf(params, t.name);
    return searched.has(t.name) || value === undefined ? t : { kind: 'value', value };
  };
  switch (rule.kind) {
    case 'compare':
      return { ...rule, left: term(rule.left), right: term(rule.right) };
    case 'in':
      return { ...rule, of: term(rule.of) };
    case 'not':
      return { kind: 'not', of: filledIn(rule.of, searched, params) };
    default:
      return { kind: rule.kind, of: rule.of.map((each) => filledIn(each, searched, params)) };
  }
}

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, each]) => each !== undefined)) as never;
}
