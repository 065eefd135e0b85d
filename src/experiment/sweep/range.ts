/** Converts a parameter of a sweep file: every distribution of Weights & Biases, including implied ones. */
import { exp } from '../../search/index.js';
import type { Fault } from '../file/source.js';
import { suggest } from '../suggest.js';
import { entryOf } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

type Group = Record<string, unknown>;
type Read = { range: Group; fault?: undefined } | { range?: undefined; fault: Fault; key?: string };

const KEYS = ['value', 'values', 'probabilities', 'min', 'max', 'mu', 'sigma', 'q', 'a', 'b', 'distribution'];

type Numbers = Record<'min' | 'max' | 'mu' | 'sigma' | 'q' | 'a' | 'b', number | undefined>;
interface Distribution {
  /** Keys that must be there. */
  needs: (keyof Numbers)[];
  range(numbers: Numbers, step: number | null): Group;
}

const BOUNDS = ['min', 'max', 'mu', 'sigma', 'q', 'a', 'b'];
const MIN_MAX: (keyof Numbers)[] = ['min', 'max'];
/** By name, without the `q_` that rounds to multiples of q. */
const DISTRIBUTIONS: Record<string, Distribution> = {
  int_uniform: { needs: MIN_MAX, range: ({ min, max }) => ({ int: [min, max] }) },
  uniform: { needs: MIN_MAX, range: ({ min, max }, step) => rangeOf('uniform', min!, max!, step) },
  // Bounds are exponents of e, but not in those that end in `_values`.
  log_uniform: { needs: MIN_MAX, range: ({ min, max }, step) => rangeOf('log', exp(min!), exp(max!), step) },
  log_uniform_values: { needs: MIN_MAX, range: ({ min, max }, step) => rangeOf('log', min!, max!, step) },
  // The inverse of a log-uniform number is log-uniform too, with the exponents' signs turned.
  inv_log_uniform: { needs: MIN_MAX, range: ({ min, max }) => rangeOf('log', exp(-max!), exp(-min!), null) },
  inv_log_uniform_values: { needs: MIN_MAX, range: ({ min, max }) => rangeOf('log', min!, max!, null) },
  normal: {
    needs: [],
    range: ({ mu = 0, sigma = 1 }, step) =>
      sigma === 0 ? { constant: rounded(mu, step) } : { normal: [mu, sigma], ...stepOf(step) },
  },
  log_normal: {
    needs: [],
    range: ({ mu = 0, sigma = 1 }, step) =>
      sigma === 0 ? { constant: rounded(exp(mu), step) } : { logNormal: [mu, sigma], ...stepOf(step) },
  },
  beta: { needs: [], range: ({ a = 1, b = 1 }, step) => ({ beta: [a, b], ...stepOf(step) }) },
};
const QUANTIZED = ['uniform', 'log_uniform', 'log_uniform_values', 'normal', 'log_normal', 'beta'];
const NAMES = [
  ...['constant', 'categorical', 'categorical_w_probabilities'],
  ...Object.keys(DISTRIBUTIONS),
  ...QUANTIZED.map((name) => `q_${name}`),
];

/** `isWhole`: whether the number under the key was written as a whole one. */
export function readParameter(name: string, written: Group, isWhole: (key: string) => boolean): Read {
  const entry = withNumbers(written);
  const stranger = Object.keys(entry).find((key) => !KEYS.includes(key));
  if (stranger !== undefined) {
    const near = suggest(stranger, KEYS);
    const message = l10n.t('unknown key "{0}" of "{1}"', stranger, name);
    return { key: stranger, fault: { message, ...(near && { hint: l10n.t('did you mean "{0}"?', near) }) } };
  }
  const distribution = typeof entry.distribution === 'string' ? entry.distribution : implied(entry, isWhole);
  if (distribution === null) return { fault: { message: l10n.t('"{0}" needs values, a value, or min and max', name) } };
  if (distribution === 'constant') return { range: { constant: entry.value } };
  if (distribution === 'categorical' || distribution === 'categorical_w_probabilities') {
    if (!Array.isArray(entry.values))
      return { fault: { message: l10n.t('"{0}": {1} needs values', name, distribution) } };
    return {
      range: { choice: entry.values, ...(Array.isArray(entry.probabilities) && { weights: entry.probabilities }) },
    };
  }
  if (!NAMES.includes(distribution)) {
    const near = suggest(distribution, NAMES);
    const hint = near ? l10n.t('did you mean "{0}"?', near) : l10n.t('known: {0}', NAMES.join(', '));
    return {
      key: 'distribution',
      fault: { message: l10n.t('"{0}": unknown distribution "{1}"', name, distribution), hint },
    };
  }
  const { needs, range } = entryOf(DISTRIBUTIONS, distribution.replace(/^q_/, ''))!;
  const words = Object.keys(entry).filter((key) => key !== 'distribution' && typeof entryOf(entry, key) !== 'number');
  if (words.length > 0)
    return { key: words[0]!, fault: { message: l10n.t('"{0}" of "{1}" must be a number', words[0], name) } };
  if (needs.some((key) => entry[key] === undefined)) {
    const exponents = distribution.endsWith('log_uniform') ? l10n.t(', the exponents of e') : '';
    return {
      fault: { message: l10n.t('"{0}": {1} needs {2}{3}', name, distribution, needs.join(' and '), exponents) },
    };
  }
  const { q = 1 } = entry as { q?: number };
  if (!(q > 0)) return { key: 'q', fault: { message: l10n.t('q of "{0}" must be above 0', name) } };
  return { range: range(entry as Numbers, distribution.startsWith('q_') ? q : null) };
}

/** PyYAML reads `1e-5` as a text; as a bound it can only be a number. */
function withNumbers(written: Group): Group {
  const numeric = /^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$/;
  return Object.fromEntries(
    Object.entries(written).map(([key, value]) => {
      return [key, BOUNDS.includes(key) && typeof value === 'string' && numeric.test(value) ? Number(value) : value];
    }),
  );
}

function implied(entry: Group, isWhole: (key: string) => boolean): string | null {
  if ('value' in entry) return 'constant';
  if ('values' in entry) return 'categorical';
  if (entry.min === undefined || entry.max === undefined) return null;
  return isWhole('min') && isWhole('max') ? 'int_uniform' : 'uniform';
}

/**
 * A quantized range holds the multiples of q, whole numbers if q is one, as likely as a number between the bounds is to be
 * rounded to them. A logarithmic one can't hold 0: the smallest is q.
 */
function rangeOf(kind: 'uniform' | 'log', low: number, high: number, step: number | null): Group {
  if (step === null) return { [kind]: [low, high] };
  const from = Math.max(kind === 'log' ? step : -Infinity, rounded(low, step));
  const to = low <= high ? Math.max(from, rounded(high, step)) : rounded(high, step);
  const unrounded = from < to && { unrounded: [low, high] };
  if (![from, to, step].every(Number.isSafeInteger)) return { [kind]: [from, to], step, ...unrounded };
  return { [kind === 'log' ? 'logInt' : 'int']: [from, to], ...(step !== 1 && { step }), ...unrounded };
}

const stepOf = (step: number | null) => (step === null ? {} : { step });
const rounded = (value: number, step: number | null) =>
  step === null ? value : Number((Math.round(value / step) * step).toPrecision(12));
