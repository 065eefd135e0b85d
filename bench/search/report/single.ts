/** One objective, one trial at a time: each of our samplers beside Optuna's. */
import { ratio } from '../stats.js';
import type { Result } from '../store.js';
import { counted, countedAll, digits, shown, table } from './format.js';
import type { Goals } from './goals.js';
import { AT, WHOLE, type Selection } from './selection.js';

/** Selects one side's results in some groups. */
type Side = (groups: string[]) => Result[];
/** The upper bound of a ratio from which on a group counts as worse. */
const WORSE = 1.05;

function pair(title: string, mine: Side, theirs: Side): string {
  const rows = [...WHOLE.map((group) => [group]), WHOLE].map((part) => {
    const found = AT.map((at) => ratio(mine(part), theirs(part), at));
    const name = part.length === 1 ? part[0]! : '**all**';
    return [name, counted(found.find((each) => each !== null) ?? null), ...found.map(shown)];
  });
  return [`**${title}**`, '', table(['group', 'tasks × seeds', ...AT.map((at) => `${at} trials`)], rows)].join('\n');
}

/** Reports a goal: every group's upper bound is below `WORSE`, and the ratio over all groups below `whole`. */
function decide(goals: Goals, goal: string, mine: Side, theirs: Side, whole: number): void {
  const parts = WHOLE.flatMap((group) =>
    AT.map((at) => ({ group, at, found: ratio(mine([group]), theirs([group]), at) })),
  );
  const known = parts.filter((part) => part.found !== null);
  if (known.length === 0) return goals.add(goal, 'not measured');
  const worse = known.filter(({ found }) => found!.high >= WORSE).map(({ group, at }) => `${group} ${at}`);
  const total = AT.map((at) => ratio(mine(WHOLE), theirs(WHOLE), at));
  const failed = total.filter((found) => found && found.value >= whole).length;
  const figures = `all: ${total.map((found) => (found ? digits(found.value) : '–')).join(', ')}`;
  const list = worse.length
    ? `; upper bound ${WORSE} or more in ${worse.length} of ${known.length}: ${worse.join(', ')}`
    : '';
  goals.add(goal, worse.length === 0 && failed === 0 ? 'met' : 'not met', countedAll(total), figures + list);
}

export function singleText(results: Selection, goals: Goals): string {
  const ours =
    (name: string): Side =>
    (groups) =>
      results.of('ours', name, groups);
  const optuna =
    (name: string): Side =>
    (groups) =>
      results.of('optuna', name, groups);
  decide(goals, 'TPE no worse than Optuna’s on every group, better on average', ours('tpe'), optuna('tpe'), 1);
  decide(goals, 'GP no worse on every group, better by 20 %', ours('gp'), optuna('gp'), 0.8);
  decide(goals, 'CMA-ES no worse on every group, better on average', ours('cmaes'), optuna('cmaes'), 1);
  return [
    pair('TPE, ours to Optuna’s', ours('tpe'), optuna('tpe')),
    pair('TPE, ours to Optuna’s multivariate, grouped, with constant liar', ours('tpe'), (g) => results.joint(g)),
    pair('GP, ours to Optuna’s', ours('gp'), optuna('gp')),
    pair('CMA-ES, ours to Optuna’s', ours('cmaes'), optuna('cmaes')),
    pair('`auto`, ours to AutoSampler’s rule', ours('auto'), (groups) => results.rule(groups)),
    pair('`auto`, ours to Optuna’s TPE', ours('auto'), optuna('tpe')),
  ].join('\n\n');
}
