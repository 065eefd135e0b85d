/**
 * A space's rules, compiled for many queries. Comparisons of inactive parameters are neither true nor false (S. C. Kleene,
 * "On Notation for Ordinal Numbers", Journal of Symbolic Logic 3, 1938); a rule is broken only if it is false.
 */
import { entryOf } from '../../protocol/values/records.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { sameValue } from '../space/dimension.js';
import type { Rule, RuleTerm, Space, SpaceRule } from '../types.js';

/** Relative tolerance of comparisons: decimal arithmetic is inexact, but 0.1 + 0.2 == 0.3 counts as true. */
const TOLERANCE = 1e-9;

/** Null: unknown, because a parameter is inactive. */
type Truth = boolean | null;

export class Rules {
  /** Names of the parameters that each rule uses. */
  readonly names: ReadonlySet<string>[];
  /** Names of the parameters that any rule uses. */
  readonly used: ReadonlySet<string>;

  constructor(readonly rules: readonly SpaceRule[]) {
    this.names = rules.map(({ rule }) => namesIn(rule));
    this.used = new Set(this.names.flatMap((names) => [...names]));
  }

  /** Returns whether no rule is false for these params. */
  allows(params: Params): boolean {
    return this.rules.every(({ rule }) => truth(rule, params) !== false);
  }

  /** Returns the indices of the rules that are false for these params. */
  broken(params: Params): number[] {
    return this.rules.flatMap(({ rule }, i) => (truth(rule, params) === false ? [i] : []));
  }
}

/** Returns the names of the parameters in a rule. */
export function namesIn(rule: Rule): Set<string> {
  const names = new Set<string>();
  const term = (t: RuleTerm): void => {
    if (t.kind === 'param') names.add(t.name);
    else if (t.kind !== 'value') t.of.forEach(term);
  };
  const visit = (r: Rule): void => {
    if (r.kind === 'compare') [r.left, r.right].forEach(term);
    else if (r.kind === 'in') term(r.of);
    else if (r.kind === 'not') visit(r.of);
    else r.of.forEach(visit);
  };
  visit(rule);
  return names;
}

/** Returns whether the rule is true for the params; null if that depends on an inactive parameter. */
export function truth(rule: Rule, params: Params): Truth {
  switch (rule.kind) {
    case 'compare':
      return compared(rule.sign, valueOf(rule.left, params), valueOf(rule.right, params));
    case 'in': {
      const value = valueOf(rule.of, params);
      return value === undefined ? null : rule.values.some((each) => sameValue(each, value));
    }
    case 'not': {
      const of = truth(rule.of, params);
      return of === null ? null : !of;
    }
    default: {
      const decides = rule.kind === 'or';
      let result: Truth = !decides;
      for (const each of rule.of) {
        const found = truth(each, params);
        if (found === decides) return decides;
        if (found === null) result = null;
      }
      return result;
    }
  }
}

function compared(sign: '<' | '<=' | '==' | '!=', a: ParamValue | undefined, b: ParamValue | undefined): Truth {
  if (a === undefined || b === undefined) return null;
  if (typeof a !== 'number' || typeof b !== 'number') {
    if (sign === '==' || sign === '!=') return sameValue(a, b) === (sign === '==');
    return false;
  }
  const equal = a === b || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
  if (sign === '==') return equal;
  if (sign === '!=') return !equal;
  return sign === '<=' ? a < b || equal : a < b && !equal;
}

function valueOf(term: RuleTerm, params: Params): ParamValue | undefined {
  if (term.kind === 'value') return term.value;
  if (term.kind === 'param') return entryOf(params, term.name);
  const [a, b] = [valueOf(term.of[0], params), valueOf(term.of[1], params)];
  if (typeof a !== 'number' || typeof b !== 'number') return undefined;
  switch (term.kind) {
    case 'sum':
      return a + b;
    case 'difference':
      return a - b;
    case 'product':
      return a * b;
    default:
      return b === 0 ? undefined : a / b;
  }
}

const known = new WeakMap<object, Rules>();

/** Returns null if the space has no rules. */
export function rulesOf({ rules }: Space): Rules | null {
  if (!rules?.length) return null;
  let found = known.get(rules);
  if (!found) known.set(rules, (found = new Rules(rules)));
  return found;
}
