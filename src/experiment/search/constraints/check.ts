/** Checks the constraints on params: sense, types, and whether any point of the space meets them all. */
import { entryOf } from '../../../protocol/values/records.js';
import type { Params } from '../../../protocol/values/index.js';
import {
  checkConstraints,
  namesIn,
  rangeOf,
  refuse,
  SearchError,
  type Dimension,
  type LinearConstraint,
  type Rule,
  type RuleTerm,
  type Space,
  type SpaceRule,
} from '../../../search/index.js';
import type { Reading } from '../../file/reading.js';
import type { Fault, Path } from '../../file/source.js';
import { suggest } from '../../suggest.js';
import { withConstraints } from '../settings.js';
import { parseConstraint, type ReadConstraint } from './index.js';
import { l10n } from '../../../format/l10n.js';

type Report = (at: Path, fault: Fault, where?: 'key' | 'value') => void;
export interface FoundConstraints {
  linear: LinearConstraint[];
  rules: SpaceRule[];
}

/** Reports the problems of the constraints, and returns the valid ones. */
export function checkWritten(
  { written, source, origin, params }: Reading,
  space: Space | null,
  names: readonly string[],
  report: Report,
): FoundConstraints {
  const found: FoundConstraints = { linear: [], rules: [] };
  for (const [i, each] of (written!.search!.constraints ?? []).entries()) {
    const at: Path = ['search', 'constraints', i];
    if (typeof each !== 'string') {
      const { atMost = Infinity, atLeast = -Infinity } = each;
      if (atLeast > atMost) {
        report([...at, 'atLeast'], { message: l10n.t('no value is at least {0} and at most {1}', atLeast, atMost) });
      }
      continue;
    }
    const { fault, ...read } = parseConstraint(each, names);
    if (fault) {
      const { offset, length, ...more } = fault;
      const range = source.insideScalar(source.nodeAt(origin(at)), offset, length) ?? source.rangeOf(origin(at));
      source.report(range, more);
      continue;
    }
    const wrong = space ? faultOf(read as ReadConstraint, space, params) : null;
    if (wrong) report(at, wrong);
    else {
      found.linear.push(...read.constraints!);
      if (read.rule) found.rules.push(read.rule);
    }
  }
  if (space && found.linear.length + found.rules.length > 1) {
    const together = withConstraints(space, found, params);
    const fault = messageOf(() => checkConstraints(together));
    if (fault) report(['search', 'constraints'], fault, 'key');
  }
  return found;
}

function faultOf({ constraints, rule }: ReadConstraint, space: Space, params: Params): Fault | null {
  const dimensions = new Map(space.dimensions.map((d) => [d.name, d]));
  const isNumber = (name: string): boolean => {
    const d = dimensions.get(name);
    return d ? rangeOf(d) !== null : typeof entryOf(params, name) === 'number';
  };
  // A rule that is linear in part compares choices and numbers by itself.
  const names = rule ? [] : constraints.flatMap(({ terms }) => Object.keys(terms));
  for (const name of names) {
    if (isNumber(name)) continue;
    return {
      message: l10n.t('"{0}" is not always a number', name),
      hint: l10n.t('only numbers can be added and compared'),
    };
  }
  const fault = rule ? ruleFault(rule.rule, dimensions, isNumber) : null;
  if (fault) return fault;
  const used = rule ? [...namesIn(rule.rule)] : names;
  if (!used.some((name) => dimensions.has(name)))
    return { message: l10n.t('none of these parameters is searched'), severity: 'warning' };
  const searched = withConstraints(space, { linear: constraints, rules: rule ? [rule] : [] }, params);
  return messageOf(() => checkConstraints(searched));
}

type Dimensions = ReadonlyMap<string, Dimension>;

function ruleFault(rule: Rule, dimensions: Dimensions, isNumber: (name: string) => boolean): Fault | null {
  switch (rule.kind) {
    case 'compare': {
      const ordered = rule.sign === '<' || rule.sign === '<=';
      const { left, right } = rule;
      if (!ordered && left.kind === 'param' && right.kind === 'value')
        return valueFault(left.name, right.value, dimensions);
      if (!ordered && right.kind === 'param' && left.kind === 'value')
        return valueFault(right.name, left.value, dimensions);
      if (!ordered && right.kind === 'param' && left.kind === 'param') return null;
      return termFault(left, isNumber) ?? termFault(right, isNumber);
    }
    case 'in': {
      if (rule.of.kind !== 'param') return null;
      for (const value of rule.values) {
        const fault = valueFault(rule.of.name, value, dimensions);
        if (fault) return fault;
      }
      return null;
    }
    case 'not':
      return ruleFault(rule.of, dimensions, isNumber);
    default:
      for (const each of rule.of) {
        const fault = ruleFault(each, dimensions, isNumber);
        if (fault) return fault;
      }
      return null;
  }
}

function valueFault(name: string, value: Params[string], dimensions: Dimensions): Fault | null {
  const d = dimensions.get(name);
  if (!d || d.kind !== 'choice') return null;
  const refusal = refuse(d, value);
  if (!refusal) return null;
  const near = suggest(String(value), d.choices.map(String));
  return {
    message: l10n.t('"{0}" is never {1}: it {2}', name, JSON.stringify(value), refusal.replace(/, not .*$/, '')),
    ...(near && near !== String(value) && { hint: l10n.t('did you mean "{0}"?', near) }),
  };
}

function termFault(term: RuleTerm, isNumber: (name: string) => boolean): Fault | null {
  const hint = l10n.t('only numbers can be added and compared');
  if (term.kind === 'value')
    return typeof term.value === 'number'
      ? null
      : { message: l10n.t('{0} is not a number', JSON.stringify(term.value)), hint };
  if (term.kind === 'param')
    return isNumber(term.name) ? null : { message: l10n.t('"{0}" is not always a number', term.name), hint };
  return termFault(term.of[0], isNumber) ?? termFault(term.of[1], isNumber);
}

/** Returns the message of the SearchError that the check throws, or null. */
export function messageOf(check: () => void): Fault | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    return { message: error.message };
  }
}
