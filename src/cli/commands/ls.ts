import { RunStatus, type Run, type RunQuery } from '../../protocol/engine.js';
import { suggest } from '../../experiment/suggest.js';
import type { EngineConnection } from '../../engine/clients/index.js';
import { FilterError, parseFilter } from '../../query/filter/index.js';
import { JSON_OPTION, type Command, type Input } from '../command.js';
import { UsageError } from '../errors.js';
import { formatNumber } from '../../format/numbers.js';
import { formatRunTime } from '../../format/times.js';
import { params, statusColor } from '../format.js';
import { bestJson, runJson } from '../shapes.js';
import { safeLine, table } from '../terminal.js';

export const QUERY_OPTIONS: Command['options'] = {
  experiment: { type: 'string', value: 'NAME', help: 'Only runs of this experiment.' },
  search: { type: 'string', value: 'ID', help: 'Only trials of this search; `none`: only runs of no search.' },
  status: {
    type: 'string',
    multiple: true,
    value: 'STATUS',
    help: `Only runs with this status (${RunStatus.options.join(', ')}). May be repeated.`,
  },
  filter: {
    type: 'string',
    value: 'FILTER',
    help:
      'Only runs that match, such as `lr < 0.001 and (status = failed or tag : "base*")`; a lone word must occur in the name, ' +
      'id, tags, note or a NAME=VALUE of the parameters.',
  },
  sort: {
    type: 'string',
    value: 'KEY',
    help: 'createdAt, name, status, objective, duration, param:NAME or metric:NAME. Default: createdAt.',
  },
  ascending: { type: 'boolean', help: 'Sort in ascending order.' },
};

export function readQuery(input: Input): RunQuery {
  const status = input.texts('status').map((word) => {
    const known = RunStatus.safeParse(word);
    if (known.success) return known.data;
    const near = suggest(word, RunStatus.options);
    throw new UsageError(
      `There is no status "${word}"${near ? `; did you mean "${near}"?` : `. It is one of: ${RunStatus.options.join(', ')}.`}`,
    );
  });
  const sort = input.text('sort') ?? 'createdAt';
  if (!/^(createdAt|name|status|objective|duration|(param|metric):.+)$/.test(sort)) {
    throw new UsageError(
      `--sort takes createdAt, name, status, objective, duration, param:NAME or metric:NAME, not "${sort}".`,
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
    throw new UsageError(`--filter: ${error.message}\n  ${safeLine(filter)}\n  ${mark}`);
  }
}

export const ls: Command = {
  name: 'ls',
  usage: '',
  summary: 'Lists runs, newest first.',
  options: {
    ...QUERY_OPTIONS,
    limit: { type: 'string', value: 'N', help: 'Maximum number of rows to list. Default: 50, or all with --json.' },
    searches: { type: 'boolean', help: 'List searches instead of runs.' },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith ls', 'the newest 50 runs'],
    ['tunesmith ls --experiment digits --sort objective', 'sorted by objective'],
    ['tunesmith ls --filter "optimizer=sgd" --status failed', 'failed runs with SGD'],
    ["tunesmith ls --filter 'lr < 0.001 and val/acc > 0.9'", 'by a parameter and a metric'],
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
      context.say(total === 0 ? 'No runs. Start one with: tunesmith run FILE' : 'No runs match.');
      return 0;
    }
    const now = Date.now();
    const best = await bestOf(engine, runs);
    const lines = table(
      [
        { title: 'id' },
        { title: 'experiment' },
        { title: 'name' },
        { title: 'status', color: statusColor },
        { title: 'objective', align: 'right' },
        { title: 'time', align: 'right' },
        { title: 'parameters' },
      ],
      runs.map((run) => [
        run.id,
        run.experiment,
        run.name,
        run.status,
        `${best.has(run.id) ? '★ ' : ''}${formatNumber(run.objective?.value)}`,
        formatRunTime(run, now),
        params(run),
      ]),
      context.paint,
      context.columns,
    );
    lines.forEach((line) => context.print(line));
    if (runs.length < total) context.say(`… and ${total - runs.length} more (--limit N)`);
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
  if (searches.length === 0) context.say('No searches. Start one with: tunesmith search FILE');
  else
    table(
      [
        { title: 'id' },
        { title: 'experiment' },
        { title: 'name' },
        { title: 'status' },
        { title: 'trials', align: 'right' },
        { title: 'best', align: 'right' },
      ],
      searches.map((each) => [
        each.id,
        each.experiment,
        each.name,
        each.status,
        `${each.counts.total}/${each.trials ?? '?'}`,
        formatNumber(each.best?.objective),
      ]),
      context.paint,
      context.columns,
    ).forEach((line) => context.print(line));
  return 0;
}
