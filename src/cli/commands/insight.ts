/** Commands that show what a search's trials tell about its parameters. */
import type { FrontPoint, Importance, Insight, InsightPart } from '../../protocol/engine/insight.js';
import type { Run, Search } from '../../protocol/engine/index.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { bar, safe, safeLine, table } from '../text/terminal.js';
import { entryOf } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

const OBJECTIVE: Command['options'] = {
  objective: { type: 'string', value: 'METRIC', help: l10n.t('Objective, if there are several. Default: the first.') },
};

export const importance: Command = {
  name: 'importance',
  usage: '[SEARCH]',
  summary: l10n.t('Shows how important each parameter of a search is. Without SEARCH: the newest search.'),
  details: l10n.t(
    'pedAnova measures the importance for reaching the best tenth of the trials; fanova, for the objective over the whole space, including interactions of two parameters.',
  ),
  options: {
    method: { type: 'string', value: 'METHOD', help: l10n.t('pedAnova (default) or fanova.') },
    ...OBJECTIVE,
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith importance', l10n.t('for the newest search')],
    ['tunesmith importance 0jq4m1f3wz --method fanova', l10n.t('for this search, with interactions')],
  ],
  args: [0, 1],
  async run(context, input) {
    const method = methodOf(input);
    const search = await findSearch(context, input.args[0]);
    const insight = await ask(context, input, search, ['importance'], method);
    const found = insight.importance!;
    if (input.flag('json')) {
      context.json({ search: search.id, objective: insight.objectives[insight.objective]!.metric, ...found });
      return 'unknown' in found ? 1 : 0;
    }
    if ('unknown' in found)
      throw new CommandError(
        l10n.t('{0}: {1} ({2} so far).', safe(search.name), l10n.retold(found.unknown), found.trials),
      );
    renderImportance(found, insight, context).forEach((line) => context.print(line));
    return 0;
  },
};

export const best: Command = {
  name: 'best',
  usage: '[SEARCH]',
  summary: l10n.t(
    'Shows the best trial of a search, or its Pareto front, and how much improvement is left. Without SEARCH: the newest search.',
  ),
  options: { json: JSON_OPTION },
  examples: [['tunesmith best', l10n.t('for the newest search')]],
  args: [0, 1],
  async run(context, input) {
    const search = await findSearch(context, input.args[0]);
    const insight = await ask(context, input, search, ['left', 'front']);
    const points = insight.front?.front ?? bestOf(search);
    const runs = await runsOf(context, points);
    if (input.flag('json')) {
      context.json({
        search: search.id,
        objectives: insight.objectives,
        best: points.map(({ trial, run, values }) => ({ trial, run, params: runs.get(run)?.params ?? null, values })),
        left: insight.left,
      });
    } else if (points.length > 0) {
      renderBest(points, runs, insight, context).forEach((line) => context.print(line));
    }
    if (points.length === 0 && !input.flag('json')) context.say(l10n.t('No trial has completed yet.'));
    return points.length > 0 ? 0 : 1;
  },
};

type Look = Pick<Context, 'paint' | 'columns'>;

export function renderImportance(
  found: Importance,
  { objectives, objective }: Insight,
  { paint, columns }: Look,
): string[] {
  const { shares, pairs, alone, trials, method } = found;
  const { metric } = objectives[objective]!;
  const percent = (share: number): string => `${(100 * share).toFixed(share >= 0.0995 ? 0 : 1)} %`;
  const what =
    method === 'pedAnova' ? l10n.t('for being among the best tenth') : l10n.t('for the value over the whole space');
  const most = shares[0]?.share || 1;
  const rows = shares.map(({ name, share }) => [name, percent(share), bar(share / most, 24)]);
  const lines = [
    paint('dim', l10n.t('{0}: importance {1}, from {2} trials', safeLine(metric), what, trials)),
    ...table(
      [{ title: l10n.t('parameter') }, { title: l10n.t('share'), align: 'right' }, { title: '' }],
      rows,
      paint,
      columns,
    ),
  ];
  if (alone !== null) {
    lines.push('', l10n.t('Single parameters explain {0} of the variance.', percent(alone)));
    if (pairs.length > 0) {
      const named = pairs.slice(0, 10).map(({ names, share }) => [`${names[0]} × ${names[1]}`, percent(share)]);
      lines.push(
        ...table(
          [{ title: l10n.t('only together') }, { title: l10n.t('share'), align: 'right' }],
          named,
          paint,
          columns,
        ),
      );
    }
  }
  return lines;
}

export function renderBest(
  points: readonly FrontPoint[],
  runs: ReadonlyMap<string | null, Run>,
  { objectives, left }: Insight,
  { paint, columns }: Look,
): string[] {
  const names = [...new Set(points.flatMap(({ run }) => Object.keys(runs.get(run)?.params ?? {})))];
  const heads = [
    { title: l10n.t('trial'), align: 'right' as const },
    { title: l10n.t('run') },
    ...objectives.map(({ metric }) => ({ title: safeLine(metric), align: 'right' as const })),
    ...names.map((title) => ({ title: safeLine(title) })),
  ];
  const rows = points.map(({ trial, run, values }) => {
    const params = runs.get(run)?.params ?? {};
    const cells = names.map((name) => {
      const value = entryOf(params, name);
      return value === undefined ? '–' : formatParam(value);
    });
    return [String(trial), run ?? l10n.t('(deleted)'), ...values.map(formatNumber), ...cells];
  });
  const lines = table(heads, rows, paint, columns);
  if (points.length > 1) lines.push(paint('dim', l10n.t('{0} trials on the Pareto front.', points.length)));
  if (left)
    lines.push(
      'unknown' in left
        ? paint('dim', l10n.t('Possible improvement unknown: {0}.', safe(l10n.retold(left.unknown))))
        : safe(left.sentence),
    );
  return lines;
}

/** By its id, the beginning of one, its name, or the newest. */
async function findSearch(context: Context, word: string | undefined): Promise<Search> {
  const engine = await context.engine();
  const { searches } = await engine.request('searches/list', {});
  const newest = searches[0];
  if (!newest) throw new CommandError(l10n.t('There are no searches yet. Start one with: tunesmith search FILE'));
  if (word === undefined || word === 'latest') return newest;
  const found =
    searches.find(({ id }) => id === word) ??
    searches.find(({ id, name }) => name === word || (word.length >= 4 && id.startsWith(word)));
  if (!found)
    throw new CommandError(l10n.t('There is no search "{0}" here. See them with: tunesmith ls --searches', word));
  return found;
}

async function ask(
  context: Context,
  input: Input,
  search: Search,
  parts: InsightPart[],
  method?: Importance['method'],
): Promise<Insight> {
  const engine = await context.engine();
  const query = { id: search.id, parts, ...(method && { method }) };
  const metric = input.text('objective');
  if (metric === undefined) return engine.request('searches/insight', query, { timeoutMs: 120_000 });
  const { objectives } = await engine.request('searches/insight', { id: search.id, parts: [] });
  const objective = objectives.findIndex((one) => one.metric === metric);
  if (objective < 0) {
    const known = objectives.map((one) => one.metric).join(', ');
    throw new UsageError(l10n.t('The search has no objective "{0}". It has: {1}.', metric, known));
  }
  return engine.request('searches/insight', { ...query, objective }, { timeoutMs: 120_000 });
}

function methodOf(input: Input): Importance['method'] {
  const word = input.text('method') ?? 'pedAnova';
  if (word === 'pedAnova' || word === 'fanova') return word;
  throw new UsageError(l10n.t('--method takes pedAnova or fanova, not "{0}".', word));
}

function bestOf({ best: found }: Search): FrontPoint[] {
  return found ? [{ trial: found.trial, run: found.run, values: [found.objective] }] : [];
}

async function runsOf(context: Context, points: readonly FrontPoint[]): Promise<Map<string | null, Run>> {
  const ids = points.flatMap(({ run }) => (run === null ? [] : [run]));
  if (ids.length === 0) return new Map();
  const engine = await context.engine();
  const { runs } = await engine.request('runs/list', { ids, limit: Math.min(10_000, ids.length) });
  return new Map(runs.map((run) => [run.id, run]));
}
