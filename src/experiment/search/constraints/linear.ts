/** Finds the linear constraints in a parsed comparison: these are drawn from exactly, however tight they are. */
import type { LinearConstraint } from '../../../search/types.js';
import type { Clause, Term } from './parse.js';
import { EXAMPLE, wrong, type Place } from './tokens.js';
import { l10n } from '../../../format/l10n.js';

/** A sum of multiples of parameters, and a number. */
interface Form {
  terms: Map<string, number>;
  constant: number;
}

/**
 * Returns the linear constraints that the clause implies, and whether they say all of it. Strict comparisons imply the
 * same with equality, which narrows the draws. Throws `Wrong` if a comparison names no parameter or its numbers overflow.
 */
export function linearPart(clause: Clause): { constraints: LinearConstraint[]; whole: boolean } {
  if (clause.kind === 'and') {
    const parts = clause.of.map(linearPart);
    return { constraints: parts.flatMap((p) => p.constraints), whole: parts.every((p) => p.whole) };
  }
  if (clause.kind !== 'compare' || clause.sign === '!=') return { constraints: [], whole: false };
  const [left, right] = [formOf(clause.left), formOf(clause.right)];
  if (!left || !right) return { constraints: [], whole: false };
  const { sign } = clause;
  return {
    constraints: [
      ...(sign.startsWith('>') ? [] : [compared(left, right, clause)]),
      ...(sign.startsWith('<') ? [] : [compared(right, left, clause)]),
    ],
    whole: sign !== '<' && sign !== '>',
  };
}

/** Returns small ≤ large. */
function compared(small: Form, large: Form, place: Place): LinearConstraint {
  const { terms, constant } = added(small, large, -1);
  const used = [...terms].filter(([, factor]) => factor !== 0);
  if (![constant, ...terms.values()].every(Number.isFinite))
    wrong(place, l10n.t('a number is too large to compute with'));
  if (used.length === 0) wrong(place, l10n.t('no parameter is left in this comparison'), EXAMPLE);
  return { terms: Object.fromEntries(used), atMost: -constant || 0 };
}

/** Returns null if the term is not linear. */
function formOf(term: Term): Form | null {
  if (term.kind === 'value') return typeof term.value === 'number' ? { terms: new Map(), constant: term.value } : null;
  if (term.kind === 'param') return { terms: new Map([[term.name, 1]]), constant: 0 };
  const [a, b] = [formOf(term.of[0]), formOf(term.of[1])];
  if (!a || !b) return null;
  if (term.kind === 'sum') return added(a, b, 1);
  if (term.kind === 'difference') return added(a, b, -1);
  if (term.kind === 'quotient') {
    if (b.terms.size > 0) return null;
    if (b.constant === 0) wrong(term, l10n.t('this divides by 0'));
    return times(a, 1 / b.constant);
  }
  return b.terms.size === 0 ? times(a, b.constant) : a.terms.size === 0 ? times(b, a.constant) : null;
}

function added(a: Form, b: Form, factor: number): Form {
  const terms = new Map(a.terms);
  for (const [name, value] of b.terms) terms.set(name, (terms.get(name) ?? 0) + factor * value);
  return { terms, constant: a.constant + factor * b.constant };
}

function times(form: Form, factor: number): Form {
  return {
    terms: new Map([...form.terms].map(([name, value]) => [name, value * factor])),
    constant: form.constant * factor,
  };
}
