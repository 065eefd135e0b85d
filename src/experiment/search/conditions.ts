/** Reads a condition (`when:`) on a parent: values, bounds, or a comparison such as `'>= 2 and < 8'`. */
import type { ParamValue } from '../../protocol/values/index.js';
import { rangeOf, refuse, sameValue } from '../../search/index.js';
import type { Allowed, Dimension, Interval } from '../../search/types.js';
import { suggest } from '../suggest.js';
import { l10n } from '../../format/l10n.js';

export interface ConditionProblem {
  message: string;
  hint?: string;
}

const SIGN = /^\s*(<=|>=|==|!=|[<>≤≥≠])\s*/;
const KEYS: Record<string, keyof Interval> = {
  '<': 'below',
  '<=': 'atMost',
  '≤': 'atMost',
  '>': 'above',
  '>=': 'atLeast',
  '≥': 'atLeast',
};
const EXAMPLE = "such as '>= 2', '>= 2 and < 8', '!= sgd' or [sgd, adam]";

/** Returns the values of the parent that `written` allows, or the problem. */
export function readAllowed(
  written: unknown,
  parent: Dimension,
): { allowed: Allowed; problem?: undefined } | { allowed?: undefined; problem: ConditionProblem } {
  const read = Array.isArray(written)
    ? { allowed: written as ParamValue[] }
    : typeof written === 'object' && written !== null
      ? { allowed: ofKeys(written as Record<string, unknown>) }
      : typeof written === 'string' && SIGN.test(written) && refuse(parent, written) !== null
        ? ofText(written)
        : { allowed: [written as ParamValue] };
  if (!read.allowed) return { problem: read.problem! };
  const problem = impossible(read.allowed, parent);
  return problem ? { problem } : { allowed: read.allowed };
}

function ofKeys({ not, ...bounds }: Record<string, unknown>): Allowed {
  if (not === undefined) return bounds as Interval;
  return { not: (Array.isArray(not) ? not : [not]) as ParamValue[] };
}

function ofText(text: string): { allowed?: Allowed; problem?: ConditionProblem } {
  const bounds: Interval = {};
  const not: ParamValue[] = [];
  const equal: ParamValue[] = [];
  for (const part of text.split(/\s+and\s+/)) {
    const sign = SIGN.exec(part);
    const value = sign ? valueOf(part.slice(sign[0].length)) : null;
    if (!sign || value === '')
      return { problem: { message: l10n.t("the condition '{0}' is not a comparison", text), hint: EXAMPLE } };
    const key = KEYS[sign[1]!];
    if (key && typeof value !== 'number')
      return {
        problem: { message: l10n.t("'{0}' compares with text", part.trim()), hint: l10n.t('compare with a number') },
      };
    if (key) bounds[key] = value as number;
    else (sign[1] === '==' ? equal : not).push(value);
  }
  const kinds = [Object.keys(bounds).length, not.length, equal.length].filter((n) => n > 0).length;
  if (kinds > 1)
    return { problem: { message: l10n.t("the condition '{0}' mixes bounds and single values", text), hint: EXAMPLE } };
  if (equal.length > 1)
    return { problem: { message: l10n.t("no value meets '{0}'", text), hint: `write [${equal.join(', ')}]` } };
  return { allowed: equal.length > 0 ? equal : not.length > 0 ? { not } : bounds };
}

function valueOf(text: string): ParamValue {
  const trimmed = text.trim().replace(/^(["'])(.*)\1$/, '$2');
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  return trimmed === 'true' ? true : trimmed === 'false' ? false : trimmed;
}

/** Returns the problem of a condition that the parent never meets. */
function impossible(allowed: Allowed, parent: Dimension): ConditionProblem | null {
  if (Array.isArray(allowed)) return firstOf(allowed.map((value) => neverIs(parent, value)));
  if ('not' in allowed) {
    const fault = firstOf(allowed.not.map((value) => neverIs(parent, value)));
    if (fault) return fault;
    const left =
      parent.kind === 'choice' ? parent.choices.some((c) => !allowed.not.some((v) => sameValue(v, c))) : true;
    return left ? null : { message: l10n.t('the condition leaves no value of "{0}"', parent.name) };
  }
  const range = rangeOf(parent);
  if (!range)
    return { message: l10n.t('"{0}" is not always a number', parent.name), hint: l10n.t('only numbers have bounds') };
  const [low, high] = range;
  const { above = -Infinity, atLeast = -Infinity, below = Infinity, atMost = Infinity } = allowed;
  if (high > above && high >= atLeast && low < below && low <= atMost && above < below && atLeast <= atMost)
    return null;
  return { message: l10n.t('"{0}" never meets this condition: it ranges from {1} to {2}', parent.name, low, high) };
}

const firstOf = (problems: (ConditionProblem | null)[]) => problems.find((problem) => problem !== null) ?? null;

function neverIs(parent: Dimension, value: ParamValue): ConditionProblem | null {
  const refusal = refuse(parent, value);
  if (!refusal) return null;
  const texts = parent.kind === 'choice' ? parent.choices.map(String) : [];
  const near = suggest(
    String(value),
    texts.filter((text) => text !== String(value)),
  );
  const sameText =
    parent.kind === 'choice' && texts.includes(String(value)) && !parent.choices.some((c) => sameValue(c, value));
  const message = l10n.t(
    '"{0}" is never {1}: it {2}',
    parent.name,
    JSON.stringify(value),
    refusal.replace(/, not .*$/, ''),
  );
  if (sameText) return { message, hint: l10n.t('text in quotes is not the number with the same digits') };
  return { message, ...(near && { hint: l10n.t('did you mean "{0}"?', near) }) };
}
