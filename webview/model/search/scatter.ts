import type { Run } from '../../../src/protocol/engine/index.js';
import { formatNumber, formatParam } from '../../../src/format/numbers.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';
import { formatRunParam } from '../../../src/format/runParams.js';
import { entryOf, hasEntry } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';

/** One trial in a plot of objective against one parameter; both in [0, 1], y upwards. */
export interface Dot {
  id: string;
  x: number;
  y: number;
  title: string;
  best: boolean;
}
export interface Scatter {
  param: string;
  log: boolean;
  low: string;
  high: string;
  /** Names under the axis when the parameter is not a number. */
  categories: string[];
  dots: Dot[];
}

/** How the objective depends on each searched parameter; params with one value only say nothing. */
export function scatters(
  runs: readonly Run[],
  params: readonly string[],
  logs: ReadonlySet<string>,
  bestRun: string | null,
): Scatter[] {
  const measured = runs.flatMap((run) => {
    const value = fromWire(run.objective?.value ?? 'NaN');
    return Number.isFinite(value) ? [{ run, value }] : [];
  });
  if (measured.length < 2) return [];
  const values = measured.map((one) => one.value).sort((a, b) => a - b);
  // A few diverged trials must not compress all others into one line.
  const low = values[Math.floor(values.length * 0.05)]!;
  const high = values[values.length - 1 - Math.floor(values.length * 0.05)]!;
  const unit = (value: number) => (high > low ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0.5);
  return params.flatMap((param) => {
    const used = measured.filter(({ run }) => hasEntry(run.params, param));
    const kinds = new Set(used.map(({ run }) => JSON.stringify(entryOf(run.params, param))));
    if (kinds.size < 2) return [];
    const numeric = used.every(({ run }) => typeof entryOf(run.params, param) === 'number');
    const log = numeric && logs.has(param) && used.every(({ run }) => (entryOf(run.params, param) as number) > 0);
    const categories = numeric ? [] : [...kinds].sort();
    const at = (run: Run): number => {
      if (!numeric) return categories.indexOf(JSON.stringify(entryOf(run.params, param)));
      const value = entryOf(run.params, param) as number;
      return log ? Math.log(value) : value;
    };
    const places = used.map(({ run }) => at(run));
    const first = numeric ? Math.min(...places) : -0.5;
    const last = numeric ? Math.max(...places) : categories.length - 0.5;
    const back = (value: number) => formatNumber(log ? Math.exp(value) : value);
    return [
      {
        param,
        log,
        low: numeric ? back(first) : '',
        high: numeric ? back(last) : '',
        categories: categories.map((text) => formatParam(JSON.parse(text) as string)),
        dots: used.map(({ run, value }, i) => ({
          id: run.id,
          x: (places[i]! - first) / (last - first || 1),
          y: unit(value),
          title: l10n.t(
            'trial {0}: {1} {2}, objective {3}',
            run.trial ?? run.name,
            param,
            formatRunParam(run, param),
            formatNumber(value),
          ),
          best: run.id === bestRun,
        })),
      },
    ];
  });
}

/** Names of the params whose space is meant logarithmically, by the words of the file. */
export function logParams(space: Readonly<Record<string, unknown>>): Set<string> {
  const names = Object.entries(space).filter(([, spec]) => {
    if (typeof spec !== 'object' || spec === null) return false;
    return (
      Object.entries(spec).some(([key, value]) => /^log/.test(key) && value !== false && value !== null) ||
      Object.values(spec).some((value) => typeof value === 'string' && /^(q_)?log/.test(value))
    );
  });
  return new Set(names.map(([name]) => name));
}
