/** docs/benchmarks/search.md from the results on disk. */
import { bytesByTrial, FEW, MANY, type Kept } from './memory.js';
import { common, ranks, ratio, reached, type Interval } from './stats.js';
import type { Result } from './store.js';
import type { Times } from './timing.js';

const AT = [25, 50, 100, 300];
const BUDGETS = [10, 20, 80];
/** Groups of one objective and whole trials. */
const WHOLE = ['unimodal', 'multimodal', 'noisy', 'mixed', 'conditional', 'real'];

export interface Facts {
  machine: string;
  optuna: string;
  commit: string;
  times: Times | null;
  memory: Kept[] | null;
}
/**
 * Results of earlier builds on seeds below this one were known while the samplers were written. To be raised whenever
 * somebody has looked at a report of further seeds.
 */
const KNOWN_SEEDS = 13;

const digits = (value: number): string => (value >= 10 ? value.toFixed(1) : value.toFixed(2));
const shown = (found: Interval | null): string =>
  found ? `${digits(found.value)} (${digits(found.low)}–${digits(found.high)})` : '';
/** Tasks and seeds of each. */
function counted(found: Interval | null): string {
  if (!found) return '';
  const [fewest, most] = found.seeds;
  return `${found.tasks} × ${fewest === most ? most : `${fewest}–${most}`}`;
}
/** Counts comparisons that together decide on a goal. */
function countedAll(all: readonly (Interval | null)[]): string {
  const known = all.filter((found) => found !== null);
  if (known.length === 0) return '';
  const range = (numbers: number[]): string => {
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    return least === most ? `${most}` : `${least}–${most}`;
  };
  return `${range(known.map(({ tasks }) => tasks))} × ${range(known.flatMap(({ seeds }) => seeds))}`;
}
const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

export class Report {
  private readonly goals: [goal: string, met: string, counts: string, figures: string][] = [];

  constructor(
    private readonly all: readonly Result[],
    private readonly facts: Facts,
  ) {}

  private of(
    side: Result['side'],
    sampler: string,
    groups: string[],
    workers = 1,
    pruner: string | null = null,
  ): Result[] {
    return this.all.filter(
      (r) =>
        r.side === side &&
        r.sampler === sampler &&
        groups.includes(r.group) &&
        r.workers === workers &&
        r.pruner === pruner,
    );
  }

  /** AutoSampler's rule is the GP sampler where there are neither categories nor conditions, up to 250 trials. */
  private rule(groups: string[], workers = 1): Result[] {
    const own = this.of('optuna', 'auto', groups, workers);
    const done = new Set(own.map(({ task }) => task));
    return [...own, ...this.of('optuna', 'gp', groups, workers).filter(({ task }) => !done.has(task))];
  }

  /** TPE with all its options is the same as TPE where there are no conditions. */
  private joint(groups: string[]): Result[] {
    const own = this.of('optuna', 'tpe-mv', groups);
    const done = new Set(own.map(({ task }) => task));
    return [...own, ...this.of('optuna', 'tpe', groups).filter(({ task }) => !done.has(task))];
  }

  private pair(
    title: string,
    mine: (groups: string[]) => Result[],
    theirs: (groups: string[]) => Result[],
    groups: string[],
  ): string {
    const rows = [...groups.map((group) => [group]), groups].map((part) => {
      const found = AT.map((at) => ratio(mine(part), theirs(part), at));
      const name = part.length === 1 ? part[0]! : '**all**';
      return [name, counted(found.find((each) => each !== null) ?? null), ...found.map(shown)];
    });
    return [`**${title}**`, '', table(['group', 'tasks × seeds', ...AT.map((at) => `${at} trials`)], rows)].join('\n');
  }

  /** Reports a goal: every group's upper bound is below 1.05, and the whole below `whole`. */
  private goal(
    goal: string,
    mine: (groups: string[]) => Result[],
    theirs: (groups: string[]) => Result[],
    whole: number,
  ): void {
    const parts = WHOLE.flatMap((group) =>
      AT.map((at) => ({ group, at, found: ratio(mine([group]), theirs([group]), at) })),
    );
    const known = parts.filter((part) => part.found !== null);
    if (known.length === 0) return void this.goals.push([goal, 'not measured', '', '']);
    const worse = known.filter(({ found }) => found!.high >= 1.05).map(({ group, at }) => `${group} ${at}`);
    const total = AT.map((at) => ratio(mine(WHOLE), theirs(WHOLE), at));
    const failed = total.filter((found) => found && found.value >= whole).length;
    const met = worse.length === 0 && failed === 0;
    const figures = `all: ${total.map((found) => (found ? digits(found.value) : '–')).join(', ')}`;
    const list = worse.length
      ? `; upper bound 1.05 or more in ${worse.length} of ${known.length}: ${worse.join(', ')}`
      : '';
    this.goals.push([goal, met ? 'met' : '**not met**', countedAll(total), figures + list]);
  }

  private single(): string {
    const ours = (name: string) => (groups: string[]) => this.of('ours', name, groups);
    const optuna = (name: string) => (groups: string[]) => this.of('optuna', name, groups);
    this.goal('TPE no worse than Optuna’s on every group, better on average', ours('tpe'), optuna('tpe'), 1);
    this.goal('GP no worse on every group, better by 20 %', ours('gp'), optuna('gp'), 0.8);
    this.goal('CMA-ES no worse on every group, better on average', ours('cmaes'), optuna('cmaes'), 1);
    return [
      this.pair('TPE, ours to Optuna’s', ours('tpe'), optuna('tpe'), WHOLE),
      this.pair(
        'TPE, ours to Optuna’s multivariate, grouped, with constant liar',
        ours('tpe'),
        (g) => this.joint(g),
        WHOLE,
      ),
      this.pair('GP, ours to Optuna’s', ours('gp'), optuna('gp'), WHOLE),
      this.pair('CMA-ES, ours to Optuna’s', ours('cmaes'), optuna('cmaes'), WHOLE),
      this.pair('`auto`, ours to AutoSampler’s rule', ours('auto'), (groups) => this.rule(groups), WHOLE),
      this.pair('`auto`, ours to Optuna’s TPE', ours('auto'), optuna('tpe'), WHOLE),
    ].join('\n\n');
  }

  private everybody(slow: boolean): Map<string, Result[]> {
    const named: [string, Result[]][] = [
      ...['auto', 'tpe', 'gp', 'cmaes', 'de', 'portfolio', 'nsga2', 'random'].map((name): [string, Result[]] => {
        return [`ours: ${name}`, this.of('ours', name, WHOLE)];
      }),
      ...['tpe', 'cmaes', 'nsga2', 'random'].map((name): [string, Result[]] => {
        return [`Optuna: ${name}`, this.of('optuna', name, WHOLE)];
      }),
      ['Optuna: tpe, all options', this.joint(WHOLE)],
      ...(slow
        ? ([
            ['Optuna: gp', this.of('optuna', 'gp', WHOLE)],
            ['Optuna: AutoSampler’s rule', this.rule(WHOLE)],
          ] as [string, Result[]][])
        : []),
    ];
    return new Map(named.filter(([name, results]) => results.length > 0 && (slow || name !== 'ours: gp')));
  }

  private rankings(): string {
    const columns = AT.map((at) => ({ at, of: ranks(this.everybody(at < 300), at) }));
    const names = [...this.everybody(true).keys()];
    const order = (name: string): number => columns[2]!.of.get(name)?.value ?? Infinity;
    const rows = names
      .sort((a, b) => order(a) - order(b))
      .map((name) => [name, ...columns.map(({ of }) => shown(of.get(name) ?? null))]);
    const first = columns.map(({ of }) => [...of.entries()].sort((a, b) => a[1].value - b[1].value)[0]);
    const judged = columns.map(({ at, of }) => {
      const auto = of.get('ours: auto')?.value;
      const theirs = [...of.entries()].filter(([name]) => name.startsWith('Optuna'));
      if (auto === undefined || theirs.length === 0) return null;
      const best = Math.min(...theirs.map(([, found]) => found.value));
      return { at, auto, best };
    });
    const known = judged.filter((each) => each !== null);
    this.goals.push([
      '`auto` better than every single Optuna sampler and than AutoSampler’s rule, on average rank',
      known.length === 0 ? 'not measured' : known.every(({ auto, best }) => auto < best) ? 'met' : '**not met**',
      countedAll(columns.map(({ of }) => of.get('ours: auto') ?? null)),
      known.map(({ at, auto, best }) => `${at}: ${digits(auto)} (best of Optuna ${digits(best)})`).join(', '),
    ]);
    const counts = columns.map(({ of }, i) => counted(of.get(first[i]?.[0] ?? '') ?? null));
    return table(['average rank', ...AT.map((at) => `${at} trials`)], [...rows, ['tasks × seeds', ...counts]]);
  }

  private targets(): string {
    const columns = AT.map((at) => common(this.everybody(at < 300), at));
    const rows = [...this.everybody(true).keys()].map((name) => {
      const shares = AT.map((at, i) => reached(columns[i]!.get(name) ?? [], at));
      return [name, ...shares.map((share) => (share === null ? '' : `${(100 * share).toFixed(0)} %`))];
    });
    return table(['targets reached', ...AT.map((at) => `${at} trials`)], rows);
  }

  private fidelity(): string {
    const list = this.all.filter(({ group }) => group === 'fidelity');
    const pairs = [...new Set(list.map(({ side, sampler, pruner }) => [side, sampler, pruner ?? 'none'].join(' ')))];
    if (pairs.length === 0) return 'Not measured.';
    const of = (pair: string, workers: number): Result[] =>
      list.filter((r) => [r.side, r.sampler, r.pruner ?? 'none'].join(' ') === pair && r.workers === workers);
    const parts: string[] = [];
    const verdicts: string[] = [];
    const judged: Interval[] = [];
    let met = true;
    for (const workers of [4, 1]) {
      const base = of('optuna tpe none', workers);
      const found = pairs
        .filter((pair) => !pair.includes('wilcoxon'))
        .map((pair) => ({ pair, at: BUDGETS.map((at) => ratio(of(pair, workers), base, at)) }))
        .filter(({ at }) => at.some((each) => each !== null));
      if (!found.some(({ pair }) => pair.startsWith('ours'))) continue;
      const most = Math.max(...found.flatMap(({ at }) => at.map((each) => each?.tasks ?? 0)));
      const best = (side: string, i: number) =>
        found
          .filter(({ pair, at }) => pair.startsWith(side) && at[i]?.tasks === most)
          .sort((a, b) => a.at[i]!.value - b.at[i]!.value)[0];
      const rows = found
        .sort((a, b) => (a.at[1]?.value ?? Infinity) - (b.at[1]?.value ?? Infinity))
        .map(({ pair, at }) => [
          pair.replace('optuna', 'Optuna:').replace('ours', 'ours:'),
          counted(at[0] ?? null),
          ...at.map(shown),
        ]);
      parts.push(
        `**Regret as a ratio to Optuna’s TPE without pruning, ${workers === 1 ? 'one trial' : `${workers} trials`} at a time**`,
        table(['sampler and pruner', 'tasks × seeds', ...BUDGETS.map((at) => `${at} trainings`)], rows),
      );
      const versus = BUDGETS.map((at, i) => {
        const [mine, theirs] = [best('ours', i), best('optuna', i)];
        if (!mine || !theirs) return null;
        const auto = found.some(({ pair }) => pair === 'ours auto auto') ? 'ours auto auto' : mine.pair;
        return { at, pair: auto, other: theirs.pair, ratio: ratio(of(auto, workers), of(theirs.pair, workers), at) };
      });
      for (const each of versus) {
        if (!each?.ratio) continue;
        if (each.ratio.value > 0.8) met = false;
        judged.push(each.ratio);
        verdicts.push(`${each.at} (×${workers}): ${digits(each.ratio.value)}`);
      }
      const texts = versus.flatMap((each) =>
        each?.ratio ? [`${each.at} trainings: ${each.pair} to ${each.other}: ${shown(each.ratio)}`] : [],
      );
      parts.push(`To Optuna’s best pair at that budget: ${texts.join('; ')}.`);
    }
    this.goals.push([
      'Multi-fidelity: regret at most 80 % of Optuna’s best pair at 10, 20 and 80 trainings',
      verdicts.length === 0 ? 'not measured' : met ? 'met' : '**not met**',
      countedAll(judged),
      verdicts.join(', '),
    ]);
    const folds = [4].flatMap((workers) =>
      ['optuna tpe wilcoxon', 'ours tpe wilcoxon', 'optuna tpe median', 'ours tpe median'].map((pair) => [
        `${pair}, ${workers} at a time`,
        ...BUDGETS.map((at) => {
          const only = (results: Result[]): Result[] => results.filter(({ task }) => task === 'folds');
          return shown(ratio(only(of(pair, workers)), only(of('optuna tpe none', workers)), at));
        }),
      ]),
    );
    parts.push('Folds of a cross-validation as steps, to Optuna’s TPE without pruning:');
    parts.push(table(['pair', ...BUDGETS.map((at) => `${at} trainings`)], folds));
    return parts.join('\n\n');
  }

  private front(): string {
    const groups = ['several'];
    const rows = ['tpe', 'nsga2', 'gp', 'auto'].flatMap((mine) =>
      ['tpe', 'nsga2', 'gp'].map((theirs) => {
        const found = AT.map((at) => ratio(this.of('ours', mine, groups), this.of('optuna', theirs, groups), at));
        return [`${mine} to Optuna’s ${theirs}`, counted(found.find((each) => each) ?? null), ...found.map(shown)];
      }),
    );
    return table(
      ['ours', 'tasks × seeds', ...AT.map((at) => `${at} trials`)],
      rows.filter((row) => row[1] !== ''),
    );
  }

  private parallel(): string {
    const at = [25, 50, 100];
    const rows = [4, 8].flatMap((workers) =>
      ['tpe', 'cmaes', 'gp', 'auto'].map((name) => {
        const theirs = name === 'auto' ? this.rule(WHOLE, workers) : this.of('optuna', name, WHOLE, workers);
        const found = at.map((each) => ratio(this.of('ours', name, WHOLE, workers), theirs, each));
        return [`${name}, ${workers} at a time`, counted(found.find((each) => each) ?? null), ...found.map(shown)];
      }),
    );
    return table(
      ['ours to Optuna’s', 'tasks × seeds', ...at.map((each) => `${each} trials`)],
      rows.filter((row) => row[1] !== ''),
    );
  }

  private times(): string {
    const { times } = this.facts;
    if (!times) return 'Not measured.';
    const rows = times.rows.map((row) => {
      const [mine, theirs] = [row.ours, row.optuna];
      const text = (t: { p50: number; p95: number } | null): string => (t ? `${ms(t.p50)} / ${ms(t.p95)}` : '');
      return [row.what, text(mine), text(theirs), mine && theirs ? digits(theirs.p50 / mine.p50) : ''];
    });
    for (const { goal, limit, what } of TIME_GOALS) {
      const row = times.rows.find((each) => each.what === what);
      this.goals.push([
        goal,
        !row?.ours ? 'not measured' : row.ours.p50 <= limit ? 'met' : '**not met**',
        '',
        row?.ours ? `${ms(row.ours.p50)} (p95 ${ms(row.ours.p95)})` : '',
      ]);
    }
    return table(['suggestion, 10 dimensions (p50 / p95)', 'ours', 'Optuna', 'Optuna / ours'], rows);
  }

  private memory(): string {
    const all = this.facts.memory;
    if (!all) {
      this.goals.push([MEMORY_GOAL, 'not measured', '', '']);
      return 'Not measured.';
    }
    const samplers = [...new Set(all.map(({ sampler }) => sampler))];
    const bytes = samplers.map((name) => ({ name, count: bytesByTrial(all, name) ?? Infinity }));
    this.goals.push([
      MEMORY_GOAL,
      bytes.every(({ count }) => count <= KEPT) ? 'met' : '**not met**',
      '',
      bytes.map(({ name, count }) => `${name}: ${Math.round(count)} bytes`).join(', '),
    ]);
    const held = (name: string, trials: number): string => {
      const found = all.find((each) => each.sampler === name && each.trials === trials);
      return found ? `${(found.bytes / 2 ** 20).toFixed(1)} MB` : '';
    };
    return table(
      ['heap of our process', `${FEW} trials`, `${MANY} trials`, 'bytes for each further trial'],
      bytes.map(({ name, count }) => [name, held(name, FEW), held(name, MANY), `${Math.round(count)}`]),
    );
  }

  /** Explains the seeds, and what they mean for the figures. */
  private seeds(): string {
    const seeds = [...new Set(this.all.map(({ seed }) => seed))].sort((a, b) => a - b);
    if (seeds.length === 0) return 'No searches were done.';
    const known = seeds.filter((seed) => seed < KNOWN_SEEDS);
    const blind =
      known.length === 0
        ? 'No result on any of them was known while the samplers were written.'
        : `Results of earlier builds on ${known.length === seeds.length ? 'them' : `seeds below ${KNOWN_SEEDS}`} were known while the samplers were written: this is not a blind comparison.`;
    return `Seeds ${seeds[0]} to ${seeds.at(-1)} (${plural(seeds.length, 'seed')}; not every search was done with each: “tasks × seeds” tells). ${blind}`;
  }

  text(): string {
    const { machine, optuna, commit } = this.facts;
    const parts = [
      this.single(),
      this.rankings(),
      this.targets(),
      this.fidelity(),
      this.front(),
      this.parallel(),
      this.times(),
      this.memory(),
    ];
    const [single, rankings, targets, fidelity, front, parallel, times, memory] = parts as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const searches = (side: Result['side']): number => this.all.filter((r) => r.side === side).length;
    return `# How good the search is

Our samplers beside Optuna's, made by \`node bench/search/run.mjs --report\`; not edited by hand. A ratio below 1 is in our
favour. Losses stand here as plainly as wins.

- Optuna ${optuna}, with torch and cmaes, each sampler as it comes unless said otherwise; ours at ${commit}. ${machine}.
- ${searches('optuna')} searches by Optuna, ${searches('ours')} by ours. Both speak the same line protocol (docs/ask-tell.md). Objective and noise are the
  harness's, keyed by task, seed and configuration; no setting of ours was chosen on these tasks' seeds.
- ${this.seeds()}
- Regret: value without noise of the configuration that each recommends (Optuna: its best trial), less the best possible, over
  what half of random configurations reach. Below a task's floor (10⁻⁶ continuous, 10⁻⁴ discrete or noisy, 10⁻³ trainings) it counts
  as the floor. Ratios are geometric means over tasks; in brackets a 95 % interval by the bootstrap, tasks and seeds drawn anew.
  Where a task has one seed, the interval knows only of the difference between tasks, not of that between seeds: it is
  narrower than it should be, and “met” is no more than a hint. Columns “tasks × seeds” say how many there were.
- Optuna's GP costs seconds a trial: fewer seeds than the others, and 100 trials. AutoSampler's rule is its GP sampler where there are neither
  categories nor conditions (up to 250 trials), so there its results are those. Searches were told of 300 trials (GP: 100) and read at 25, 50, …
- Groups: BBOB's 24 functions of 2–20 dimensions (\`unimodal\`, \`multimodal\`), with noise (\`noisy\`), with whole numbers, steps and categories
  (\`mixed\`); \`conditional\` spaces; \`real\`: a digits network and gradient boosting, tabulated from real trainings.

## Goals

${table(['goal', 'met?', 'tasks × seeds', 'figures'], this.goals)}

## One objective, one trial at a time

${single}

## Average rank

Over all tasks and seeds that every one of the column has done (300 trials: without GP and the rule).

${rankings}

Share of targets reached (regret 1 to 10⁻⁴, five targets a decade):

${targets}

## Trials that report as they train

Generated learning curves, cross-validation folds and the tabulated trainings. The budget is in full trainings; going on from a checkpoint
costs 2 % of one. Ours may recommend a trial that still runs or rests, by what its learning curve leads to; Optuna's best trial is one that
has completed. Either is judged by what its configuration comes to at full length.

${fidelity}

## Several objectives

ZDT and DTLZ; regret is the share of the hypervolume that is missing.

${front}

## Trials at the same time

${parallel}

## Time and memory

Asking and telling together, both sides in the same minutes, one thread each, on a machine that had other work on its cores: the
ratios mean more than the times.

${times}

Heap and typed arrays after a collection of garbage. The trials themselves (10 parameters each) are in it: \`random\` keeps nothing else.

${memory}
`;
  }
}

const ms = (value: number): string => (value < 1 ? `${value.toFixed(3)} ms` : `${value.toPrecision(3)} ms`);
/** Bytes for each further trial, its own params and values among them. */
const KEPT = 4096;
const MEMORY_GOAL = 'Memory flat: at most 4 KB for each trial kept, with 1,000 to 10,000 of them';
const TIME_GOALS = [
  { goal: 'TPE at 1,000 trials at most 1 ms', limit: 1, what: 'tpe, 1000 trials' },
  { goal: 'TPE at 10,000 trials below 20 ms', limit: 20, what: 'tpe, 10000 trials' },
  { goal: 'GP at 200 trials at most 60 ms', limit: 60, what: 'gp, 200 trials' },
  { goal: 'CMA-ES at most 0.1 ms', limit: 0.1, what: 'cmaes, 1000 trials' },
];
