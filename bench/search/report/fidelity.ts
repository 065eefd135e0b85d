/** Trials that report as they train: every pair of sampler and pruner beside Optuna's TPE without pruning. */
import { ratio, type Interval } from '../stats.js';
import type { Result } from '../store.js';
import { counted, countedAll, digits, shown, table } from './format.js';
import type { Goals } from './goals.js';
import type { Selection } from './selection.js';

/** Budgets in whole trainings. */
const BUDGETS = [10, 20, 80];
const BASE = 'optuna tpe none';
const FOLD_PAIRS = ['optuna tpe wilcoxon', 'ours tpe wilcoxon', 'optuna tpe median', 'ours tpe median'];
const HEAD = BUDGETS.map((at) => `${at} trainings`);

/** Side, sampler and pruner of a search, as the tables name them. */
const pairOf = ({ side, sampler, pruner }: Result): string => `${side} ${sampler} ${pruner ?? 'none'}`;

/** Comparisons of our pair with Optuna's best one, at one number of workers. */
interface Versus {
  at: number;
  pair: string;
  other: string;
  ratio: Interval;
}

export function fidelityText(results: Selection, goals: Goals): string {
  const list = results.all.filter(({ group }) => group === 'fidelity');
  if (list.length === 0) return 'Not measured.';
  const of = (pair: string, workers: number): Result[] =>
    list.filter((result) => pairOf(result) === pair && result.workers === workers);
  const pairs = [...new Set(list.map(pairOf))];
  const parts: string[] = [];
  const decisive: (Versus & { workers: number })[] = [];
  for (const workers of [4, 1]) {
    const compared = compare(pairs, of, workers);
    if (!compared) continue;
    parts.push(...compared.parts);
    decisive.push(...compared.versus.map((each) => ({ ...each, workers })));
  }
  goals.add(
    'Multi-fidelity: regret at most 80 % of Optuna’s best pair at 10, 20 and 80 trainings',
    decisive.length === 0 ? 'not measured' : decisive.every((each) => each.ratio.value <= 0.8) ? 'met' : 'not met',
    countedAll(decisive.map((each) => each.ratio)),
    decisive.map(({ at, workers, ratio: { value } }) => `${at} (×${workers}): ${digits(value)}`).join(', '),
  );
  parts.push('Folds of a cross-validation as steps, to Optuna’s TPE without pruning:', folds(of));
  return parts.join('\n\n');
}

/** Returns the table at one number of workers, and what it says of our pair and Optuna's best; null without results of ours. */
function compare(
  pairs: string[],
  of: (pair: string, workers: number) => Result[],
  workers: number,
): { parts: string[]; versus: Versus[] } | null {
  const base = of(BASE, workers);
  const found = pairs
    .filter((pair) => !pair.includes('wilcoxon'))
    .map((pair) => ({ pair, at: BUDGETS.map((at) => ratio(of(pair, workers), base, at)) }))
    .filter(({ at }) => at.some((each) => each !== null));
  if (!found.some(({ pair }) => pair.startsWith('ours'))) return null;
  const most = Math.max(...found.flatMap(({ at }) => at.map((each) => each?.tasks ?? 0)));
  const best = (side: string, i: number): string | undefined =>
    found
      .filter(({ pair, at }) => pair.startsWith(side) && at[i]?.tasks === most)
      .sort((a, b) => a.at[i]!.value - b.at[i]!.value)[0]?.pair;
  const versus = BUDGETS.flatMap((at, i): Versus[] => {
    const [mine, other] = [best('ours', i), best('optuna', i)];
    if (!mine || !other) return [];
    const pair = found.some((each) => each.pair === 'ours auto auto') ? 'ours auto auto' : mine;
    const value = ratio(of(pair, workers), of(other, workers), at);
    return value ? [{ at, pair, other, ratio: value }] : [];
  });
  const rows = found
    .sort((a, b) => (a.at[1]?.value ?? Infinity) - (b.at[1]?.value ?? Infinity))
    .map(({ pair, at }) => [
      pair.replace('optuna', 'Optuna:').replace('ours', 'ours:'),
      counted(at[0] ?? null),
      ...at.map(shown),
    ]);
  const texts = versus.map((each) => `${each.at} trainings: ${each.pair} to ${each.other}: ${shown(each.ratio)}`);
  const parts = [
    `**Regret as a ratio to Optuna’s TPE without pruning, ${workers === 1 ? 'one trial' : `${workers} trials`} at a time**`,
    table(['sampler and pruner', 'tasks × seeds', ...HEAD], rows),
    `To Optuna’s best pair at that budget: ${texts.join('; ')}.`,
  ];
  return { parts, versus };
}

function folds(of: (pair: string, workers: number) => Result[]): string {
  const workers = 4;
  const only = (results: Result[]): Result[] => results.filter(({ task }) => task === 'folds');
  const rows = FOLD_PAIRS.map((pair) => [
    `${pair}, ${workers} at a time`,
    ...BUDGETS.map((at) => shown(ratio(only(of(pair, workers)), only(of(BASE, workers)), at))),
  ]);
  return table(['pair', ...HEAD], rows);
}
