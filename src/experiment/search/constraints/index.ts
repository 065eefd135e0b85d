/**
 * Constraints on params as a person writes them: `layers * 4 + width <= 512`, `0 <= a - b <= 1`,
 * `batch * length <= 65536`, `not (optimizer == sgd and lr > 0.1)`, `if layers > 4 then width in [64, 128]`.
 */
import type { LinearConstraint, Rule, RuleTerm, SpaceRule } from '../../../search/types.js';
import { linearPart } from './linear.js';
import { parseClause, type Clause, type Term } from './parse.js';
import { Wrong, type TextFault } from './tokens.js';
import { l10n } from '../../../format/l10n.js';

export type { TextFault } from './tokens.js';

/** Meaning of a text: linear constraints, and a rule if they do not say all of it. */
export interface ReadConstraint {
  constraints: LinearConstraint[];
  rule: SpaceRule | null;
}
type Read = (ReadConstraint & { fault?: undefined }) | { constraints?: undefined; rule?: undefined; fault: TextFault };

/** Longest text of one constraint, in UTF-16 units. */
const LONGEST = 10_000;

/** Parses the text. `names`: all that may be named, `layers` as well as `net/layers-2`. */
export function parseConstraint(text: string, names: readonly string[]): Read {
  if (text.length > LONGEST) {
    return { fault: { message: l10n.t('a constraint has at most {0} characters', LONGEST), offset: 0, length: 1 } };
  }
  try {
    const clause = parseClause(text, names);
    const { constraints, whole } = linearPart(clause);
    return { constraints, rule: whole ? null : { text, rule: ruleOf(clause) } };
  } catch (error) {
    if (error instanceof Wrong) return { fault: error.fault };
    throw error;
  }
}

function ruleOf(clause: Clause): Rule {
  switch (clause.kind) {
    case 'compare': {
      const [left, right] = [termOf(clause.left), termOf(clause.right)];
      const { sign } = clause;
      if (sign === '>' || sign === '>=')
        return { kind: 'compare', sign: sign === '>' ? '<' : '<=', left: right, right: left };
      return { kind: 'compare', sign, left, right };
    }
    case 'in':
      return { kind: 'in', of: termOf(clause.of), values: clause.values };
    case 'not':
      return { kind: 'not', of: ruleOf(clause.of) };
    default:
      return { kind: clause.kind, of: clause.of.map(ruleOf) };
  }
}

function termOf(term: Term): RuleTerm {
  if (term.kind === 'value') return { kind: 'value', value: term.value };
  if (term.kind === 'param') return { kind: 'param', name: term.name };
  return { kind: term.kind, of: [termOf(term.of[0]), termOf(term.of[1])] };
}
