import { RunStatus, type Run, type RunQuery } from '../../protocol/engine/index.js';
import { suggest } from '../../experiment/suggest.js';
import type { EngineConnection } from '../../engine/clients/index.js';
import { FilterError, parseFilter } from '../../query/filter/index.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import { UsageError } from '../errors.js';
import { formatNumber } from '../../format/numbers.js';
import { formatRunTime } from '../../format/times.js';
import { params, STATUS_COLORS } from '../text/format.js';
import { statusText } from '../../format/statuses.js';
import { bestJson, runJson } from '../text/shapes.js';
import { safeLine, table } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const QUERY_OPTIONS: Command['options'] = {
  experiment: { type: 'string', value: 'NAME', help: l10n.t('Only runs of this experiment.') },
  search: { type: 'string', value: 'ID', help: l10n.t('Only trials of this search; `none`: only runs of no search.') },
  status: {
    type: 'string',
    multiple: true,
    value: 'STATUS',
    help: l10n.t('Only runs with this status ({0}). May be repeated.', RunStatus.options.join(', ')),
  },
  filter: {
    type: 'string',
    value: 'FILTER',
    help: l10n.t(
      'Only runs that match, such as `lr < 0.001 and (status = failed or tag : "base*")`; a lone word must occur in the name, id, tags, note or a NAME=VALUE of the parameters.',
    ),
  },
  sort: {
    type: 'string',
    value: 'KEY',
    help: l10n.t('createdAt, name, status, objective, duration, param:NAME or metric:NAME. Default: createdAt.'),
  },
  ascending: { type: 'boolean', help: l10n.t('Sort in ascending order.') },
};

export function readQuery(input: Input): RunQuery {
  const status = input.texts('status').map((word) => {
    const known = RunStatus.safeParse(word);
    if (known.success) return known.data;
    const near = suggest(word, RunStatus.options);
    throw new UsageError(
      l10n.t(
        'There is no status "{0}"{1}',
        word,
        near ? l10n.t('; did you mean "{0}"?', near) : l10n.t('. It is one of: {0}.', RunStatus.options.join(', ')),
      ),
    );
  });
  const sort = input.text('sort') ?? 'createdAt';
  if (!/^(createdAt|name|status|objective|duration|(param|metric):.+)$/.test(sort)) {
    throw new UsageError(
      l10n.t('--sort takes createdAt, name, status, objective, duration, param:NAME or metric:NAME, not "{0}".', sort),
    );
  }
  const [experiment, search, text] = [input.text('experiment'), input.text('search'), input.text('filter')];
  return {
    ...(experiment === undefined ? {} : { experiment }),
    ...(search === undefined ? {} : { search: search === 'none' ? null : search }),
    ...(text === undefined ? {} : { filter: checked(text) }),
    ...(status.length ? { status } : {}),
    sort,
    descending: !input.flag('ascending'),
  };
}

/** Returns the filter if it can be read; else says where the mistake is. */
function checked(filter: string): string {
  try {
    parseFilter(filter);
    return filter;
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { start, end } = error;
    const mark = `${' '.repeat(start)}${'^'.repeat(Math.max(1, end - start))}`;
    throw new UsageError(l10n.t('--filter: {0}\n  {1}\n  {2}', error.message, safeLine(filter), mark));
  }
}

export const ls: Command = {
  name: 'ls',
  usage: '',
  summary: l10n.t('Lists runs, newest first.'),
  options: {
    ...QUERY_OPTIONS,
    limit: {
      type: 'string',
      value: 'N',
      help: l10n.t('Maximum number of rows to list. Default: 50, or all with --json.'),
    },
    searches: { type: 'boolean', help: l10n.t('List searches instead of runs.') },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith ls', l10n.t('the newest 50 runs')],
    ['tunesmith ls --experiment digits --sort objective', l10n.t('sorted by objective')],
    ['tunesmith ls --filter "optimizer=sgd" --status failed', l10n.t('failed runs with SGD')],
    ["tunesmith ls --filter 'lr < 0.001 and val/acc > 0.9'", l10n.t('by a parameter and a metric')],
  ],
  args: [0, 0],
  async run(context, input) {
    const engine = await context.engine();
    if (input.flag('searches')) return listSearches(context, input);
    const query = readQuery(input);
    const limit = input.whole('limit') ?? (input.flag('json') ? Infinity : 50);
    const runs: Run[] = [];
    let total = 0;
    while (runs.length < limit) {
      const page = await engine.request('runs/list', {
        ...query,
        ...(input.flag('json') && { metrics: 'all' as const }),
        offset: runs.length,
        limit: Math.min(1000, limit - runs.length),
      });
      total = page.total;
      runs.push(...page.runs);
      if (page.runs.length === 0 || runs.length >= total) break;
    }
    if (input.flag('json')) {
      context.json(runs.map(runJson));
      return 0;
    }
    if (runs.length === 0) {
      context.say(total === 0 ? l10n.t('No runs. Start one with: tunesmith run FILE') : l10n.t('No runs match.'));
      return 0;
    }
    const now = Date.now();
    const best = await bestOf(engine, runs);
    const lines = table(
      [
        { title: l10n.t('id') },
        { title: l10n.t('experiment') },
        { title: l10n.t('name') },
        { title: l10n.t('status'), color: (_cell, row) => STATUS_COLORS[runs[row]!.status] },
        { title: l10n.t('objective'), align: 'right' },
        { title: l10n.t('time'), align: 'right' },
        { title: l10n.t('parameters') },
      ],
      runs.map((run) => [
        run.id,
        run.experiment,
        run.name,
        `${statusText(run.status)}${run.warnings ? ' ⚠' : ''}`,
        `${best.has(run.id) ? '★ ' : ''}${formatNumber(run.objective?.value)}`,
        formatRunTime(run, now),
        params(run),
      ]),
      context.paint,
      context.columns,
    );
    lines.forEach((line) => context.print(line));
    if (runs.some(({ warnings }) => warnings)) context.say(l10n.t('⚠ has warnings; see them with: tunesmith show RUN'));
    if (runs.length < total) context.say(l10n.t('… and {0} more (--limit N)', total - runs.length));
    return 0;
  },
};

/** Ids of the best runs of the experiments of these runs. */
async function bestOf(engine: Pick<EngineConnection, 'request'>, runs: readonly Run[]): Promise<Set<string>> {
  const experiments = [...new Set(runs.map(({ experiment }) => experiment))];
  const answers = await Promise.all(experiments.map((experiment) => engine.request('best/of', { experiment })));
  return new Set(answers.flatMap(({ best }) => best?.run ?? []));
}

async function listSearches(context: Parameters<Command['run']>[0], input: Input): Promise<number> {
  const engine = await context.engine();
  const experiment = input.text('experiment');
  const { searches } = await engine.request('searches/list', experiment === undefined ? {} : { experiment });
  if (input.flag('json')) {
    context.json(
      searches.map((each) => ({
        search: each.id,
        experiment: each.experiment,
        name: each.name,
        status: each.status,
        trials: each.counts.total,
        best: bestJson(each.best),
      })),
    );
    return 0;
  }
  if (searches.length === 0) context.say(l10n.t('No searches. Start one with: tunesmith search FILE'));
  else
    table(
      [
        { title: l10n.t('id') },
        { title: l10n.t('experiment') },
        { title: l10n.t('name') },
        { title: l10n.t('status') },
        { title: l10n.t('trials'), align: 'right' },
        { title: l10n.t('best'), align: 'right' },
      ],
      searches.map((each) => [
        each.id,
        each.experiment,
        each.name,
        statusText(each.status),
        `${each.counts.total}/${each.trials ?? '?'}`,
        formatNumber(each.best?.objective),
      ]),
      context.paint,
      context.columns,
    ).forEach((line) => context.print(line));
  return 0;
}
