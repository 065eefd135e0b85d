/** How the explorer's rows look, in words: no editor here, so that tests can compare whole trees as text. */
import { errorText } from '../../format/said.js';
import { LIVE_STATUSES, type Experiment, type Run, type RunStatus, type Search } from '../../protocol/engine/index.js';
import type { FoundLog } from '../../protocol/engine/foreign.js';
import { formatNumber } from '../../format/numbers.js';
import { whereText } from '../../format/places.js';
import { statusText } from '../../format/statuses.js';
import { formatDuration } from '../../format/times.js';
import { formatParams, shorten } from '../format.js';
import { l10n } from '../../format/l10n.js';
import { ITEM } from '../manifest/ids.js';

export interface Row {
  label: string;
  description: string;
  icon: { id: string; color?: string };
  /** Kind, then states, for when-clauses. */
  context: string;
  /** The label for screen readers. */
  accessible: string;
}

const RUN_ICONS: Record<RunStatus, { id: string; color?: string }> = {
  queued: { id: 'circle-outline', color: 'testing.iconQueued' },
  starting: { id: 'loading~spin', color: 'charts.blue' },
  running: { id: 'sync~spin', color: 'charts.blue' },
  paused: { id: 'debug-pause', color: 'charts.yellow' },
  stopping: { id: 'loading~spin', color: 'charts.orange' },
  elsewhere: { id: 'remote', color: 'charts.blue' },
  completed: { id: 'pass', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'testing.iconFailed' },
  stopped: { id: 'circle-slash', color: 'disabledForeground' },
  pruned: { id: 'fold-down', color: 'disabledForeground' },
};

const SEARCH_ICONS: Record<Search['status'], { id: string; color?: string }> = {
  running: { id: 'sync~spin', color: 'charts.blue' },
  paused: { id: 'debug-pause', color: 'charts.yellow' },
  stopping: { id: 'loading~spin', color: 'charts.orange' },
  stopped: { id: 'circle-slash', color: 'disabledForeground' },
  completed: { id: 'search', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'testing.iconFailed' },
};

/** Groups the logs of other tools in a folder. */
export function logsRow(count: number, isCut = false): Row {
  const label = l10n.t('Logs of other tools');
  const shown = isCut ? l10n.t('the newest {0}', count) : String(count);
  return {
    label,
    description: `${shown} · ${l10n.t('read-only')}`,
    icon: { id: 'archive' },
    context: ITEM.logs,
    accessible: l10n.t('{0} logs of other tools, not imported', count),
  };
}

/** Runs of one experiment in the logs of another tool. */
export function logGroupRow({ title, experiment, logs }: LogGroup): Row {
  const description = `${title} · ${logs.length}`;
  return {
    ...{ label: experiment, description, icon: { id: 'archive' }, context: ITEM.logs },
    accessible: `${experiment}, ${description}`,
  };
}

interface LogGroup {
  title: string;
  experiment: string;
  logs: readonly FoundLog[];
}

/** A run in the logs of another tool. */
export function logRow({ name, title, experiment, state }: FoundLog): Row {
  const grown = state === 'grown' ? l10n.t('has grown since it was imported') : '';
  const description = [title, experiment, grown].filter(Boolean).join(' · ');
  return {
    label: name,
    description,
    icon: { id: 'history' },
    context: ITEM.log,
    accessible: `${name}, ${description}`,
  };
}

/** `best`: of what it is the best, if it is. */
export function runRow(run: Run, best: 'experiment' | 'search' | null): Row {
  const live = LIVE_STATUSES.includes(run.status);
  const value = run.objective?.value ?? null;
  const objective = value === null ? '' : formatNumber(value);
  const where = whereText(run);
  const parts = [
    objective && (best ? `★ ${objective}` : objective),
    run.status === 'failed' && (run.error ? failure(run.error.kind) : statusText('failed')),
    live && (run.progress?.text ? shorten(run.progress.text, 60) : statusText(run.status)),
    !live && run.status !== 'completed' && run.status !== 'failed' && statusText(run.status),
    where !== null && shorten(where, 80),
    run.tags.length > 0 && run.tags.map((tag) => `#${tag}`).join(' '),
    run.note && `“${shorten(run.note.replaceAll(/\s+/g, ' '), 40)}”`,
  ];
  // A trial's number and parameters: its name says no more.
  const label = run.stage?.name ?? (run.trial === null ? run.name : `#${run.trial}`);
  if (run.trial !== null) parts.splice(4, 0, shorten(formatParams(run.params, 4, run.floats), 80));
  return {
    label,
    description: parts.filter(Boolean).join(' · '),
    icon: best && !live ? { id: 'star-full', color: 'charts.yellow' } : RUN_ICONS[run.status],
    context: [ITEM.run, run.status, ...runStates(run.status), ...(run.trial === null ? [] : ['trial'])].join(' '),
    accessible: [
      run.trial === null ? label : l10n.t('Trial {0}', run.trial),
      statusText(run.status),
      best === 'experiment' && l10n.t('best of its experiment'),
      best === 'search' && l10n.t('best of its search'),
      objective && `${run.objective?.metric} ${objective}`,
      live && run.progress?.text,
      where,
      run.trial !== null && formatParams(run.params, 4, run.floats),
      run.error && shorten(errorText(run.error), 120),
    ]
      .filter(Boolean)
      .join(', '),
  };
}

function failure(kind: NonNullable<Run['error']>['kind']): string {
  switch (kind) {
    case 'out-of-memory':
      return l10n.t('out of memory');
    case 'not-started':
      return l10n.t('could not be started');
    case 'lost':
      return l10n.t('lost');
    case 'preempted':
      return l10n.t('preempted');
    case 'signal':
      return l10n.t('killed');
    default:
      return l10n.t('failed');
  }
}

function runStates(status: RunStatus): string[] {
  if (!LIVE_STATUSES.includes(status)) return ['ended'];
  return status === 'stopping' ? ['live'] : ['live', 'stoppable'];
}

export function searchRow(search: Search): Row {
  const live = isLiveSearch(search);
  const best = search.best ? `★ ${formatNumber(search.best.objective)}` : '';
  const failed = search.counts.failed > 0 ? l10n.t('{0} failed', search.counts.failed) : '';
  const states = [
    search.status,
    live ? 'live' : 'ended',
    live && search.status !== 'stopping' && 'stoppable',
    isResumable(search) && 'resumable',
    isRetryable(search) && 'retryable',
    search.best && 'hasBest',
  ];
  return {
    label: search.name,
    description: [searchProgress(search), best, failed, search.status !== 'completed' && statusText(search.status)]
      .filter(Boolean)
      .join(' · '),
    icon: SEARCH_ICONS[search.status],
    context: [ITEM.search, ...states.filter(Boolean)].join(' '),
    accessible: [
      l10n.t('Search {0}', search.name),
      statusText(search.status),
      l10n.t('{0} trials ended', searchProgress(search)),
      search.best && l10n.t('best {0} {1}', search.objective?.metric ?? '', formatNumber(search.best.objective)),
      failed,
    ]
      .filter(Boolean)
      .join(', '),
  };
}

/** Has trials that can be done again. */
export function isRetryable({ status, counts }: Search): boolean {
  return status !== 'stopping' && counts.failed + counts.stopped > 0;
}

/** Can be resumed: it is paused, or ended before all its trials were done. */
export function isResumable(search: Search): boolean {
  if (search.status === 'paused') return true;
  if (search.status !== 'stopped' && search.status !== 'failed') return false;
  // Trials that the stop interrupted resume under their own numbers.
  return search.trials === null || endedTrials(search) - search.counts.stopped < search.trials;
}

export const isLiveSearch = (search: Search): boolean =>
  search.status === 'running' || search.status === 'paused' || search.status === 'stopping';

export function endedTrials({ counts }: Search): number {
  return counts.completed + counts.pruned + counts.failed + counts.stopped;
}

/** `12/60`, or `12` when nobody knows how many there will be. */
export function searchProgress(search: Search): string {
  const ended = endedTrials(search);
  return search.trials === null ? String(ended) : `${ended}/${search.trials}`;
}

export function experimentRow(experiment: Experiment, live: number, now: number): Row {
  const count = experiment.runs === 1 ? l10n.t('1 run') : l10n.t('{0} runs', experiment.runs);
  const parts = [
    live > 0 ? l10n.t('{0} live', live) : '',
    count,
    live === 0 && l10n.t('{0} ago', formatDuration(now - experiment.lastActivity)),
  ];
  return {
    label: experiment.name,
    description: parts.filter(Boolean).join(' · '),
    icon: live > 0 ? { id: 'beaker', color: 'charts.blue' } : { id: 'beaker' },
    context: [ITEM.experiment, live > 0 ? 'live' : 'ended'].join(' '),
    accessible: [l10n.t('Experiment {0}', experiment.name), ...parts.filter(Boolean)].join(', '),
  };
}
