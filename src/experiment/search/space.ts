/** Reads `search.space` as written into the search engine's terms. */
import type { z } from 'zod';
import { markAt, type FloatMark } from '../../protocol/values/floats.js';
import type { ParamValue } from '../../protocol/values/index.js';
import {
  between,
  faultOf,
  refuse,
  snap,
  SpaceError,
  tooManyDimensions,
  type Condition,
  type Dimension,
  type Space,
} from '../../search/index.js';
import { problemsOf } from '../network/problems.js';
import { DIMENSIONS, type DimensionKind } from './rangeSchema.js';
import { suggest } from '../suggest.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { readAllowed } from './conditions.js';
import { l10n } from '../../format/l10n.js';

export interface SpaceProblem {
  /** From `search.space`: the parameter's name first. */
  path: (string | number)[];
  message: string;
  hint?: string;
}

type Read = { dimension: Dimension; problems?: undefined } | { dimension?: undefined; problems: SpaceProblem[] };
const KINDS = Object.keys(DIMENSIONS) as DimensionKind[];
const EXAMPLES = '{ log: [1e-5, 1e-1] }, { uniform: [0, 1] }, { int: [1, 8] } or { choice: [a, b] }';

/** Reads one entry independently of the others. `mark`: which of its whole numbers were written as floats. */
export function readDimension(name: string, written: unknown, mark: FloatMark = null): Read {
  const wrong = (message: string, hint?: string, ...path: (string | number)[]): Read => ({
    problems: [{ path: [name, ...path], message, ...(hint !== undefined && { hint }) }],
  });
  if (Array.isArray(written)) {
    return wrong(
      l10n.t('"{0}" is a list; is it a range or a choice?', name),
      l10n.t('write { choice: {0} } or { uniform: [low, high] }', JSON.stringify(written)),
    );
  }
  if (written === undefined) return wrong(l10n.t('"{0}" has no range', name), l10n.t('write {0}', EXAMPLES));
  if (typeof written !== 'object' || written === null) {
    if (written === null) return wrong(l10n.t('"{0}" has no range', name), l10n.t('write {0}', EXAMPLES));
    return { dimension: { kind: 'constant', name, when: null, value: written as ParamValue, ...floats(mark) } };
  }
  const keys = Object.keys(written);
  const kinds = keys.filter((key): key is DimensionKind => Object.hasOwn(DIMENSIONS, key));
  if (kinds.length > 1)
    return wrong(l10n.t('"{0}" has two ranges ({1})', name, kinds.join(' and ')), l10n.t('keep one'), kinds[1]!);
  const kind = kinds[0];
  if (!kind) {
    const [key] = keys;
    if (key === undefined) return wrong(l10n.t('"{0}" has no range', name), l10n.t('write {0}', EXAMPLES));
    const near = keys.map((k) => suggest(k, KINDS)).find((k) => k !== null);
    const foreign = entryOf(OTHER_WORDS, key);
    return wrong(
      l10n.t('unknown kind of range "{0}"', key),
      near ? l10n.t('did you mean "{0}"?', near) : (foreign ?? l10n.t('write {0}', EXAMPLES)),
      key,
    );
  }
  const schema: z.ZodType = DIMENSIONS[kind];
  const result = schema.safeParse(written);
  if (!result.success) {
    const pair = (written as Record<string, unknown>)[kind];
    if (kind !== 'choice' && kind !== 'constant' && !isPair(pair)) {
      const meaning = MEANING[kind] ?? '[from, to]';
      return wrong(
        l10n.t('"{0}" needs two numbers {1}', kind, meaning),
        l10n.t('such as { {0}: {1} }', kind, SAMPLE[kind]),
        kind,
      );
    }
    if (kind === 'choice' && !Array.isArray(pair)) {
      return wrong(
        l10n.t('"choice" needs a list of values'),
        l10n.t('such as { choice: [{0}, …] }', typeof pair === 'string' ? pair : 'a'),
        kind,
      );
    }
    return {
      problems: problemsOf(result.error.issues, written, schema).map(({ path, message }) => ({
        path: [name, ...path],
        ...splitHint(message),
      })),
    };
  }
  const dimension = toDimension(name, kind, result.data as Record<string, unknown>, markAt(mark, kind));
  const fault = faultOf(dimension);
  if (fault) return wrong(`"${name}": ${fault}`, undefined, kind);
  const refusal = dimension.prior ? refuse(dimension, dimension.prior.value) : null;
  if (!refusal) return { dimension };
  const nested = isGroup((written as Record<string, unknown>).prior) ? ['value'] : [];
  return wrong(l10n.t('the prior of "{0}" {1}', name, refusal), undefined, 'prior', ...nested);
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPair = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value.every((bound) => typeof bound === 'number');
const MEANING: Record<string, string> = {
  normal: '[mean, deviation]',
  logNormal: '[mean, deviation]',
  beta: '[a, b]',
};
const SAMPLE: Record<string, string> = {
  log: '[1e-5, 1e-1]',
  uniform: '[0, 1]',
  int: '[1, 8]',
  logInt: '[16, 1024]',
  normal: '[0, 1]',
  logNormal: '[-5, 1]',
  beta: '[2, 5]',
};
/** Other tools' names of the kinds of ranges. */
const OTHER_WORDS: Record<string, string> = {
  values: 'write { choice: [a, b] }',
  value: 'write the value itself, or { constant: value }',
  min: 'write { uniform: [min, max] }, or log, int, logInt',
  max: 'write { uniform: [min, max] }, or log, int, logInt',
  low: 'write { uniform: [low, high] }, or log, int, logInt',
  loguniform: 'write { log: [from, to] }',
  grid: 'write { choice: [a, b] } and sampler: grid',
};

/** "…; did you mean x?" in two parts. */
export function splitHint(message: string): { message: string; hint?: string } {
  const at = /; (?=did you mean|known: |it must be|add |write |put )/.exec(message)?.index;
  return at === undefined ? { message } : { message: message.slice(0, at), hint: message.slice(at + 2) };
}

const floats = (mark: FloatMark): { floats?: FloatMark } => (mark === null ? {} : { floats: mark });

function toDimension(name: string, kind: DimensionKind, data: Record<string, unknown>, mark: FloatMark): Dimension {
  // Resolved when the parents are known.
  const when = (data.when as Dimension['when'] | undefined) ?? null;
  const step = (data.step as number | undefined) ?? null;
  const { prior, stage } = data as { prior?: unknown; stage?: string };
  const base = {
    name,
    when,
    ...(prior !== undefined && { prior: (isGroup(prior) ? prior : { value: prior }) as Dimension['prior'] }),
    ...(stage !== undefined && { stage }),
  };
  const more = {
    ...(data.points !== undefined && { points: data.points as number }),
    ...(data.unrounded !== undefined && { unrounded: data.unrounded as [number, number] }),
  };
  switch (kind) {
    case 'choice':
      return {
        ...base,
        kind: 'choice',
        choices: data.choice as ParamValue[],
        weights: (data.weights as number[]) ?? null,
        ...floats(mark),
      };
    case 'constant':
      return { ...base, kind: 'constant', value: data.constant as ParamValue, ...floats(mark) };
    case 'normal':
    case 'logNormal': {
      const [mean, sd] = data[kind] as [number, number];
      return { ...base, kind: 'normal', mean, sd, log: kind === 'logNormal', step };
    }
    case 'beta': {
      const [a, b] = data.beta as [number, number];
      const [low, high] = (data.range as [number, number] | undefined) ?? [0, 1];
      return { ...base, kind: 'beta', a, b, low, high, step };
    }
    case 'int':
    case 'logInt': {
      const [low, high] = data[kind] as [number, number];
      return { ...base, kind: 'int', low, high, log: kind === 'logInt', step: step ?? 1, ...more };
    }
    default: {
      const [low, high] = data[kind] as [number, number];
      return { ...base, kind: 'float', low, high, log: kind === 'log', step, ...more };
    }
  }
}

/**
 * The whole space, parents before their children. `space` is null when there are problems. `marks`: which whole numbers were
 * written as floats.
 */
export function readSpace(
  written: Record<string, unknown>,
  marks: FloatMark = null,
): { space: Space | null; problems: SpaceProblem[] } {
  const problems: SpaceProblem[] = [];
  const tooMany = tooManyDimensions(Object.keys(written).length);
  if (tooMany !== null) {
    return { space: null, problems: [{ path: [], message: tooMany, hint: l10n.t('search the ones that matter') }] };
  }
  const dimensions: Dimension[] = [];
  for (const [name, value] of Object.entries(written)) {
    const read = readDimension(name, value, markAt(marks, name));
    if (read.dimension) dimensions.push(read.dimension);
    else problems.push(...read.problems);
  }
  const names = Object.keys(written);
  const byName = new Map(dimensions.map((d) => [d.name, d]));
  if (names.length === 0)
    problems.push({
      path: [],
      message: l10n.t('the search space is empty'),
      hint: l10n.t('write {0} for a parameter', EXAMPLES),
    });
  for (const dimension of dimensions) {
    const when: Condition = {};
    for (const [parent, condition] of Object.entries(dimension.when ?? {})) {
      const path = [dimension.name, 'when', parent];
      if (!Object.hasOwn(written, parent)) {
        const near = suggest(
          parent,
          names.filter((name) => name !== dimension.name),
        );
        problems.push({
          path,
          message: l10n.t('the condition names "{0}", which is not searched', parent),
          hint: near
            ? l10n.t('did you mean "{0}"?', near)
            : l10n.t('add "{0}" to the space, or remove the condition', parent),
        });
        continue;
      }
      const of = byName.get(parent);
      const { allowed, problem } = of ? readAllowed(condition, of) : {};
      if (problem) problems.push({ path, ...problem });
      else if (allowed) setEntry(when, parent, allowed);
    }
    if (dimension.when) dimension.when = when;
  }
  const sorted = sortByParents(dimensions);
  if (sorted.cycle) {
    const path = [sorted.cycle[0]!, 'when'];
    problems.push({
      path,
      message: l10n.t('conditions go round in a circle: {0}', [...sorted.cycle, sorted.cycle[0]].join(' → ')),
    });
  }
  return { space: problems.length ? null : { dimensions: sorted.dimensions }, problems };
}

/** In the order of the file, but with every parameter after those that its condition names. */
function sortByParents(dimensions: Dimension[]): { dimensions: Dimension[]; cycle: string[] | null } {
  const sorted = new Set<Dimension>();
  const byName = new Map(dimensions.map((d) => [d.name, d]));
  const path: string[] = [];
  let cycle: string[] | null = null;
  const visit = (d: Dimension): void => {
    if (sorted.has(d)) return;
    const at = path.indexOf(d.name);
    if (at >= 0) {
      cycle ??= path.slice(at);
      return;
    }
    path.push(d.name);
    for (const parent of Object.keys(d.when ?? {})) if (byName.has(parent)) visit(byName.get(parent)!);
    path.pop();
    sorted.add(d);
  };
  for (const d of dimensions) visit(d);
  return { dimensions: [...sorted], cycle };
}

/** Throws SpaceError with the first problem. */
export function spaceOf(written: Record<string, unknown>, marks: FloatMark = null): Space {
  const { space, problems } = readSpace(written, marks);
  if (space) return space;
  const { path, message, hint } = problems[0]!;
  throw new SpaceError(path.length ? String(path[0]) : null, hint ? `${message} (${hint})` : message);
}

/** A parameter's value if the search gives none: the initial value of a form. */
export function middleOf(d: Dimension): ParamValue {
  if (d.prior) return d.prior.value;
  switch (d.kind) {
    case 'constant':
      return d.value;
    case 'choice':
      return d.choices[0]!;
    case 'normal':
      return d.log ? Math.exp(d.mean) : d.mean;
    case 'beta':
      return snap(d, between(d, d.a / (d.a + d.b)));
    default: {
      const middle = d.log ? Math.sqrt(d.low * d.high) : (d.low + d.high) / 2;
      const step = d.step ?? 0;
      if (step > 0)
        return Math.min(d.high, Number((d.low + Math.round((middle - d.low) / step) * step).toPrecision(12)));
      return Math.min(d.high, Math.max(d.low, Number(middle.toPrecision(3))));
    }
  }
}
