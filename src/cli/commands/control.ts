/** Commands that act on runs and searches which exist already. */
import type { RequestResult, Run, Search } from '../../protocol/engine/index.js';
import { LIVE_STATUSES } from '../../protocol/engine/index.js';
import type { Command, Input } from '../command.js';
import { SET_OPTION, JSON_OPTION, TRUST_OPTION } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { followRun } from '../follow/run.js';
import { readSettings } from '../settings.js';
import { runJson, searchJson } from '../text/shapes.js';
import { safeLine } from '../text/terminal.js';
import { withSendConsent, YES_OPTION } from '../sendConsent.js';
import { l10n } from '../../format/l10n.js';

type Action = 'stop' | 'pause' | 'resume';
const DONE: Record<Action, string> = { stop: 'stopping', pause: 'paused', resume: 'resumed' };

function report(context: Context, what: string, result: RequestResult<'runs/stop'>): number {
  for (const id of result.done) context.print(`${what} ${id}`);
  for (const { id, why } of result.skipped) context.say(l10n.t('skipped {0}: {1}', id, safeLine(why)));
  return result.skipped.length > 0 && result.done.length === 0 ? 1 : 0;
}

/** By its id or the beginning of it. */
export function searchNamed(searches: readonly Search[], word: string): Search | undefined {
  return searches.find(({ id }) => id === word || (word.length >= 4 && id.startsWith(word)));
}

/** Names of searches among the arguments; the others are runs. */
async function act(context: Context, input: Input, action: Action): Promise<number> {
  const engine = await context.engine();
  const { searches } = await engine.request('searches/list', {});
  const trust = action === 'resume' && input.flag('trust') ? { trust: true } : {};
  const live = (status: string): boolean => status === 'running' || status === 'paused';
  if (input.flag('all')) {
    for (const each of searches) if (live(each.status)) await engine.request(`searches/${action}`, { id: each.id });
    const { runs } = await engine.request('runs/list', { status: [...LIVE_STATUSES], search: null, limit: 10_000 });
    if (runs.length === 0) return 0;
    return report(context, DONE[action], await engine.request(`runs/${action}`, { ids: runs.map((run) => run.id) }));
  }
  if (input.args.length === 0) throw new UsageError(l10n.t('Name the runs or searches to {0}, or use --all.', action));
  const ids: string[] = [];
  for (const word of input.args) {
    const search = searchNamed(searches, word);
    if (search) {
      await engine.request(`searches/${action}`, { id: search.id, ...trust });
      context.print(l10n.t('{0} search {1}', DONE[action], search.id));
    } else ids.push((await context.run(word)).id);
  }
  return ids.length ? report(context, DONE[action], await engine.request(`runs/${action}`, { ids, ...trust })) : 0;
}

function control(action: Action, summary: string): Command {
  return {
    name: action,
    usage: 'RUN|SEARCH …',
    summary,
    options: {
      all: { type: 'boolean', help: l10n.t('All runs and searches that have not ended.') },
      ...(action === 'resume' && { trust: TRUST_OPTION }),
    },
    examples: [[`tunesmith ${action} latest`, l10n.t('the newest run')]],
    args: [0, 1000],
    run: (context, input) => act(context, input, action),
  };
}

export const stop = control(
  'stop',
  l10n.t('Stops runs or searches: requests a stop first, then kills the whole process tree.'),
);
export const pause = control(
  'pause',
  l10n.t('Pauses runs or searches. They keep their memory; `resume` continues them.'),
);
export const resume = control(
  'resume',
  l10n.t('Resumes paused runs and searches, stopped searches, and runs that ended early but left a checkpoint.'),
);

export const enqueue: Command = {
  name: 'enqueue',
  usage: 'SEARCH NAME=VALUE …',
  summary: l10n.t(
    'Makes a search try these values next. The sampler fills in the others; the trial is added to the planned ones.',
  ),
  options: { json: JSON_OPTION },
  examples: [
    ['tunesmith enqueue 01j8x2k4ab lr=0.003 optimizer=adam', l10n.t("try a guess before the sampler's suggestions")],
  ],
  args: [2, 1000],
  async run(context, input) {
    const [word, ...settings] = input.args as [string, ...string[]];
    const engine = await context.engine();
    const { searches } = await engine.request('searches/list', {});
    const id = searchNamed(searches, word)?.id;
    const { params } = readSettings(settings, 'enqueue');
    const { search } = await engine.request('searches/enqueue', { id: id ?? word, params });
    if (input.flag('json')) context.json(searchJson(search));
    else context.print(l10n.t('queued in {0}', search.id));
    return 0;
  },
};

export const rm: Command = {
  name: 'rm',
  usage: 'RUN …',
  summary: l10n.t('Deletes runs that have ended. Without --purge they are hidden, and --restore brings them back.'),
  options: {
    purge: { type: 'boolean', help: l10n.t('Also delete the files, permanently.') },
    restore: { type: 'boolean', help: l10n.t('Restore deleted runs (by their full id).') },
  },
  examples: [
    ['tunesmith rm 01j8x2', l10n.t('hide a run')],
    ['tunesmith rm --restore 01j8x2k4ab', l10n.t('restore it')],
  ],
  args: [1, 10_000],
  async run(context, input) {
    const engine = await context.engine();
    if (input.flag('restore'))
      return report(context, 'restored', await engine.request('runs/restore', { ids: input.args }));
    const ids: string[] = [];
    for (const word of input.args) {
      const hidden = input.flag('purge')
        ? (await engine.request('runs/list', { ids: [word], deleted: true })).runs[0]
        : undefined;
      ids.push((hidden ?? (await context.run(word))).id);
    }
    const deleted = await engine.request('runs/delete', { ids });
    if (!input.flag('purge')) return report(context, 'deleted', deleted);
    const live = new Set(deleted.skipped.map((each) => each.id));
    const hidden = (await engine.request('runs/list', { ids, deleted: true, limit: 10_000 })).runs.map((run) => run.id);
    const gone = hidden.length
      ? await engine.request('runs/purge', { ids: hidden })
      : { done: [], skipped: [], left: [] };
    for (const { id, host, why } of gone.left)
      context.say(l10n.t('the folder of {0} stays on {1}: {2}', id, safeLine(host), safeLine(why)));
    return report(context, 'purged', {
      done: gone.done,
      skipped: [...deleted.skipped.filter(({ id }) => live.has(id) && !hidden.includes(id)), ...gone.skipped],
    });
  },
};

const DETACH_OPTION = {
  type: 'boolean',
  short: 'd',
  help: l10n.t('Print the id and return; the run continues.'),
} as const;

/** Waits for the end of a run that was just started, unless it is to continue by itself. */
async function afterStart(context: Context, input: Input, run: Run): Promise<number> {
  const ended = input.flag('detach') ? run : await followRun(context, run, { log: false, quiet: input.flag('json') });
  if (input.flag('json')) context.json(runJson(ended));
  else context.print(input.flag('detach') ? ended.id : `${ended.status} ${ended.id}`);
  if (!input.flag('detach') && ended.status !== 'completed')
    throw new CommandError(ended.error?.message ?? l10n.t('The run is {0}.', ended.status));
  return 0;
}

export const rerun: Command = {
  name: 'rerun',
  usage: 'RUN [--set NAME=VALUE …]',
  summary: l10n.t('Starts a run again with the same program, parameters and seed.'),
  options: {
    set: SET_OPTION,
    detach: DETACH_OPTION,
    trust: TRUST_OPTION,
    yes: YES_OPTION,
    json: JSON_OPTION,
  },
  examples: [['tunesmith rerun latest --set lr=0.01', l10n.t('with another learning rate')]],
  args: [1, 1],
  async run(context, input) {
    const { id } = await context.run(input.args[0]!);
    const engine = await context.engine();
    const { run } = await withSendConsent(context, input.flag('yes'), (consent) =>
      engine.request('runs/rerun', {
        id,
        ...readSettings(input.texts('set')),
        ...(input.flag('trust') && { trust: true }),
        ...consent,
      }),
    );
    return afterStart(context, input, run);
  },
};

export const branch: Command = {
  name: 'branch',
  usage: 'RUN [--step N] [--set NAME=VALUE …]',
  summary: l10n.t('Starts a new run from a checkpoint of another, optionally with other parameters.'),
  details: l10n.t(
    'The earlier run is not changed; it may have ended or still be running. Its program must save checkpoints, as the built-in trainer does, and resume from the one that it is given.',
  ),
  options: {
    step: {
      type: 'string',
      value: 'N',
      help: l10n.t('From the newest checkpoint at or before this step. Default: the newest.'),
    },
    set: SET_OPTION,
    detach: DETACH_OPTION,
    trust: TRUST_OPTION,
    yes: YES_OPTION,
    json: JSON_OPTION,
  },
  examples: [
    [
      'tunesmith branch latest --set lr=0.001',
      l10n.t('continue from its newest checkpoint with a smaller learning rate'),
    ],
  ],
  args: [1, 1],
  async run(context, input) {
    const { id } = await context.run(input.args[0]!);
    const step = stepFrom(input.text('step'));
    const engine = await context.engine();
    const { run } = await withSendConsent(context, input.flag('yes'), (consent) =>
      engine.request('runs/branch', {
        id,
        ...(step !== null && { step }),
        ...readSettings(input.texts('set')),
        ...(input.flag('trust') && { trust: true }),
        ...consent,
      }),
    );
    return afterStart(context, input, run);
  },
};

function stepFrom(text: string | undefined): number | null {
  if (text === undefined) return null;
  const step = Number(text);
  if (text.trim() === '' || !Number.isFinite(step) || step < 0)
    throw new UsageError(l10n.t('--step takes a number of 0 or more, not "{0}".', text));
  return step;
}
