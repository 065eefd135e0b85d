/** Finds the runs that a block is about. */
import { l10n } from '../../format/l10n.js';
import { LIVE_STATUSES } from '../../protocol/engine/statuses.js';
import { ID_PATTERN } from '../../protocol/run/runFiles.js';
import type { Run } from '../../protocol/engine/index.js';
import type { SavedView } from '../../protocol/panel/savedViews.js';
import { suggest } from '../../experiment/suggest.js';
import { BlockError } from '../problem.js';
import { MOST_DRAWN, type SelectionKeys } from '../blocks/keys.js';
import type { DrawParts } from './parts.js';

export interface Selected {
  runs: Run[];
  /** Runs that the block's words select, before they are cut to a number. */
  total: number;
  experiment: string | null;
  /** Settings of the saved view that it names. */
  view: Readonly<Record<string, unknown>>;
}

/** `count`: runs that are shown if the block says no number. */
export async function selectRuns(keys: SelectionKeys, parts: DrawParts, count: number): Promise<Selected> {
  const saved = keys.view === undefined ? null : await savedView(keys.view, parts);
  const view = saved?.view ?? {};
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const experiment = keys.experiment ?? saved?.experiment ?? undefined;
  // A filter that the person types in the panel is a part of the view, like all else.
  const filter = keys.filter ?? text(view.runFilter);
  const chosen = keys.runs ?? saved?.selected ?? undefined;
  const status = text(view.status);
  if (experiment === undefined && chosen === undefined && filter === undefined && keys.search === undefined)
    throw await nothingNamed(parts);
  if (keys.experiment !== undefined) await checkExperiment(keys.experiment, parts);
  const query = {
    ...(experiment !== undefined && { experiment }),
    ...(filter !== undefined && { filter }),
    ...(keys.search !== undefined && { search: keys.search }),
    ...(status !== undefined &&
      keys.filter === undefined && { status: status === 'live' ? [...LIVE_STATUSES] : [status as Run['status']] }),
  };
  if (chosen !== undefined) {
    const runs = await namedRuns(chosen, query, parts);
    const cut = await first(runs, keys);
    return { runs: cut.slice(0, MOST_DRAWN), total: runs.length, experiment: experiment ?? null, view };
  }
  const draw = drawOf(keys, view, count);
  const sort = await sortKey(draw.by, query, parts);
  const goal = sort === 'objective' && keys.best !== undefined ? await goalOf(query, parts) : null;
  const { runs, total } = await parts
    .ask('runs/list', {
      ...query,
      sort,
      descending: goal === null ? draw.descending : goal === 'maximize',
      limit: Math.min(draw.count, MOST_DRAWN),
      metrics: 'all',
    })
    .catch((error: unknown) => {
      throw asBlockError(error, keys);
    });
  return { runs, total, experiment: experiment ?? null, view };
}

export const liveOf = (runs: readonly Run[]): string[] =>
  runs.filter(({ status }) => LIVE_STATUSES.includes(status)).map(({ id }) => id);

function asBlockError(error: unknown, keys: SelectionKeys): unknown {
  if (!(error instanceof Error)) return error;
  return new BlockError(error.message, '', keys.filter === undefined ? null : 'filter');
}

async function savedView(name: string, parts: DrawParts): Promise<SavedView> {
  const { views } = await parts.views();
  const found = views.find((view) => view.name === name);
  if (found) return found;
  const names = views.map((view) => view.name);
  const near = suggest(name, names);
  const hint = near
    ? l10n.t('Did you mean "{0}"?', near)
    : names.length > 0
      ? l10n.t('Saved views: {0}.', names.slice(0, 20).join(', '))
      : l10n.t('Save one in the panel with the bookmark.');
  throw new BlockError(l10n.t('There is no saved view "{0}".', name), hint, 'view');
}

async function nothingNamed(parts: DrawParts): Promise<BlockError> {
  const { experiments } = await parts.ask('experiments/list', {});
  const hint = experimentsHere(experiments.map(({ name }) => name));
  return new BlockError(l10n.t('Say which runs: experiment, runs, search, filter or view.'), hint);
}

const experimentsHere = (names: readonly string[]): string =>
  names.length > 0
    ? l10n.t('Experiments here: {0}.', names.slice(0, 12).join(', '))
    : l10n.t('There are no runs here yet.');

async function checkExperiment(name: string, parts: DrawParts): Promise<void> {
  const { experiments } = await parts.ask('experiments/list', {});
  if (experiments.some((one) => one.name === name)) return;
  const names = experiments.map((one) => one.name);
  const near = suggest(name, names);
  const hint = near ? l10n.t('Did you mean "{0}"?', near) : experimentsHere(names);
  throw new BlockError(l10n.t('There is no experiment "{0}".', name), hint, 'experiment');
}

/** Runs by id or by name; of several with a name, all. */
async function namedRuns(
  words: readonly string[],
  query: { experiment?: string; filter?: string },
  parts: DrawParts,
): Promise<Run[]> {
  const ids = words.filter((word) => ID_PATTERN.test(word));
  const byId = ids.length > 0 ? (await parts.ask('runs/list', { ids, limit: ids.length, metrics: 'all' })).runs : [];
  const known = new Set(byId.map(({ id }) => id));
  const names = words.filter((word) => !known.has(word));
  const runs = new Map(byId.map((run) => [run.id, run]));
  for (const name of names) {
    const filter = [`name = ${quoted(name)}`, ...(query.filter === undefined ? [] : [`(${query.filter})`])].join(
      ' and ',
    );
    const found = await parts.ask('runs/list', {
      ...(query.experiment !== undefined && { experiment: query.experiment }),
      ...{ filter, limit: MOST_DRAWN, metrics: 'all' as const },
    });
    if (found.runs.length === 0)
      throw new BlockError(
        l10n.t('There is no run "{0}".', name),
        l10n.t('Name runs by their id or their name as in the table.'),
        'runs',
      );
    for (const run of found.runs) runs.set(run.id, run);
  }
  // In the order in which they are named: the first is what others are compared with.
  const place = (run: Run): number => {
    const at = words.indexOf(run.id);
    return at >= 0 ? at : words.indexOf(run.name);
  };
  return [...runs.values()].sort((a, b) => place(a) - place(b) || a.createdAt - b.createdAt);
}

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Cuts named runs to the number that the block says. */
async function first(runs: readonly Run[], keys: SelectionKeys): Promise<Run[]> {
  if (keys.best !== undefined) {
    const value = (run: Run): number => {
      const own = Number(run.objective?.value ?? NaN);
      return Number.isNaN(own) ? Infinity : run.objective!.goal === 'maximize' ? -own : own;
    };
    return [...runs].sort((a, b) => value(a) - value(b)).slice(0, keys.best);
  }
  if (keys.newest !== undefined) return [...runs].sort((a, b) => b.createdAt - a.createdAt).slice(0, keys.newest);
  return [...runs];
}

interface Draw {
  by: string;
  descending: boolean;
  count: number;
}

function drawOf(keys: SelectionKeys, view: Readonly<Record<string, unknown>>, count: number): Draw {
  if (keys.best !== undefined) return { by: 'objective', descending: true, count: keys.best };
  if (keys.newest !== undefined) return { by: 'createdAt', descending: true, count: keys.newest };
  if (keys.draw) return keys.draw;
  const own = view.draw as Partial<Draw> | undefined;
  if (own && typeof own.by === 'string' && Number.isInteger(own.count))
    return { by: own.by, descending: own.descending !== false, count: own.count! };
  return { by: 'createdAt', descending: true, count };
}

const SORTED = ['createdAt', 'name', 'status', 'objective', 'duration'];

/** Key that the store sorts by, for a name that a person writes. */
export async function sortKey(text: string, query: object, parts: DrawParts): Promise<string> {
  if (SORTED.includes(text) || /^(?:param|metric|formula):./s.test(text)) return text;
  const { params, metrics } = await parts.ask('runs/columns', query);
  if (params.includes(text)) return `param:${text}`;
  if (metrics.includes(text)) return `metric:${text}`;
  const near = suggest(text, [...SORTED, ...params, ...metrics]);
  const message = l10n.t('Runs can\'t be sorted by "{0}".', text);
  throw new BlockError(message, near ? l10n.t('Did you mean "{0}"?', near) : '', 'sort');
}

async function goalOf(query: object, parts: DrawParts): Promise<'minimize' | 'maximize'> {
  const { runs } = await parts.ask('runs/list', { ...query, sort: 'createdAt', limit: 20 });
  return runs.find(({ objective }) => objective)?.objective?.goal ?? 'minimize';
}
