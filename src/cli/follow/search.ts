/** Follows a search in the terminal: a live table on a terminal, a line per finished trial elsewhere. */
import { errorText } from '../../format/said.js';
import type { EngineConnection } from '../../engine/clients/index.js';
import { ENDED_SEARCHES, LIVE_STATUSES, type Run, type Search } from '../../protocol/engine/index.js';
import { attached } from './attached.js';
import type { Context } from '../context.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { formatRunTime } from '../../format/times.js';
import { statusColor } from '../text/format.js';
import { onInterrupt } from './interrupt.js';
import { LiveArea } from '../text/liveArea.js';
import { bar, safeLine, table, type Column } from '../text/terminal.js';
import { entryOf, hasEntry } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

/** Resolves to the search as it ended, or as it is when the person leaves. */
export async function followSearch(context: Context, started: Search, options: { quiet: boolean }): Promise<Search> {
  let search = started;
  const trials = new Map<string, Run>();
  const told = new Set<string>();
  const area = options.quiet ? null : new LiveArea(process.stderr);
  const draw = (): void => {
    if (!area) return;
    if (area.live) area.draw(renderSearch(context, search, [...trials.values()]));
    else for (const run of trials.values()) tell(run);
  };
  const tell = (run: Run): void => {
    if (LIVE_STATUSES.includes(run.status) || told.has(run.id)) return;
    told.add(run.id);
    context.say(trialLine(search, run));
  };
  const take = (run: Run): void => void (run.search === search.id && trials.set(run.id, run));
  const interrupt = onInterrupt(async () => {
    area?.clear();
    context.say(`\n${l10n.t('Stopping the search; what its trials logged stays. Ctrl+C again leaves at once.')}`);
    await (await context.engine()).request('searches/stop', { id: search.id });
  });
  const clock = setInterval(draw, 1000);
  try {
    await attached<void>(
      context,
      async (engine, done) => {
        const settle = (next: Search): void => {
          search = next;
          draw();
          if (ENDED_SEARCHES.includes(search.status)) done();
        };
        engine.on('changed', ({ runs, searches }) => {
          runs.forEach(take);
          const mine = searches.find((each) => each.id === search.id);
          if (mine) settle(mine);
          else draw();
        });
        const now = await refresh(engine, search.id);
        now.runs.forEach(take);
        settle(now.search);
      },
      interrupt.left,
    );
    const last = await refresh(await context.engine(), search.id);
    last.runs.forEach(take);
    search = last.search;
    if (area?.live) {
      area.clear();
      for (const line of renderSearch(context, search, [...trials.values()]).slice(1)) context.say(line);
    } else draw();
    return search;
  } finally {
    clearInterval(clock);
    interrupt.dispose();
    area?.clear();
  }
}

async function refresh(engine: EngineConnection, id: string): Promise<{ search: Search; runs: Run[] }> {
  const search = await engine.request('searches/get', { id });
  const { runs } = await engine.request('runs/list', { search: id, sort: 'createdAt', descending: true, limit: 200 });
  return { search, runs };
}

/** One line for a trial that has ended, for logs that no terminal shows. */
export function trialLine(search: Search, run: Run): string {
  const best = search.best?.run === run.id ? ' ★' : '';
  const searched = Object.keys(search.space);
  const values = Object.entries(run.params)
    .filter(([name]) => searched.includes(name))
    .map(([name, value]) => `${name}=${formatParam(value)}`);
  const value = search.objective ? ` ${search.objective.metric}=${formatNumber(run.objective?.value)}` : '';
  return safeLine(l10n.t('trial {0} {1}{2}{3}  {4}', run.trial, run.status, value, best, values.join(' ')));
}

function valueColumn(metric: string, isBest: (row: number) => boolean): Column {
  return { title: safeLine(metric), align: 'right', color: (_cell, row) => (isBest(row) ? 'green' : null) };
}

/** Golden-tested. The header line, then a table: running trials first, then the best of the others. */
export function renderSearch(
  context: Pick<Context, 'paint' | 'columns'>,
  search: Search,
  trials: Run[],
  now = Date.now(),
  rows = Math.max(5, (process.stderr.rows || 30) - 5),
): string[] {
  const { paint } = context;
  const { counts } = search;
  const over = counts.completed + counts.pruned + counts.failed + counts.stopped;
  const planned = search.trials ?? counts.total;
  const none = search.objective ? l10n.t('no value yet') : '';
  const best = search.best ? l10n.t('best {0}', formatNumber(search.best.objective)) : none;
  const head =
    `${paint('bold', safeLine(search.name))} ${bar(planned ? over / planned : 0, 20)} ${over}/${search.trials ?? '?'}` +
    `  ${paint('green', best)}  ${search.status}  ${paint('dim', safeLine(`${search.sampler}${search.pruner ? ` + ${search.pruner}` : ''}`))}`;
  const names = Object.keys(search.space).filter((name) => trials.some((run) => hasEntry(run.params, name)));
  const sign = search.objective?.goal === 'maximize' ? -1 : 1;
  const score = (run: Run): number => {
    const value = run.objective?.value;
    return typeof value === 'number' ? sign * value : Infinity;
  };
  const live = (run: Run): boolean => LIVE_STATUSES.includes(run.status);
  const order = trials
    .slice()
    .sort(
      (a, b) =>
        Number(live(b)) - Number(live(a)) || (score(a) < score(b) ? -1 : score(a) > score(b) ? 1 : a.trial! - b.trial!),
    );
  const shown = order.slice(0, rows);
  const isBest = (row: number): boolean => shown[row]?.id === search.best?.run;
  const columns: Column[] = [
    { title: '', color: () => 'green' },
    { title: l10n.t('trial'), align: 'right' },
    { title: l10n.t('status'), color: statusColor },
    ...(search.objective ? [valueColumn(search.objective.metric, isBest)] : []),
    ...names.map((name): Column => ({ title: safeLine(name), align: 'right' })),
    { title: l10n.t('time'), align: 'right' },
    { title: l10n.t('progress'), color: () => 'dim' },
  ];
  const cells = shown.map((run) => [
    run.id === search.best?.run ? '★' : '',
    String(run.trial),
    run.status,
    ...(search.objective ? [formatNumber(run.objective?.value)] : []),
    ...names.map((name) => (hasEntry(run.params, name) ? formatParam(entryOf(run.params, name)!) : '–')),
    formatRunTime(run, now),
    live(run) ? (run.progress?.text ?? '') : run.error ? errorText(run.error) : '',
  ]);
  const more = order.length - shown.length;
  return [
    head,
    ...table(columns, cells, paint, context.columns),
    ...(more > 0 ? [paint('dim', l10n.t('… and {0} more: tunesmith ls --search {1}', more, search.id))] : []),
  ];
}
