import type { Run } from '../../../src/protocol/engine/index.js';
import type { PanelModel } from '../panel.js';
import { isRangeTest } from '../charts/range.js';
import { canPause, canResume, canStop, isLive, isReadOnly } from '../values.js';
import { formatCount } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { MOST_COMPARED } from '../../../src/protocol/panel/sections.js';
import { compareRuns, openRun } from '../page/pages.js';

/** An action on runs, the same in the table, the legend and the trial list. */
export interface Action {
  id: string;
  label: string;
  icon: string;
  danger?: boolean;
  /** Why it can't be done now. */
  disabled?: string;
  run(): void | Promise<void>;
}

type Many = 'runs/stop' | 'runs/pause' | 'runs/resume' | 'runs/delete' | 'runs/restore';

/** Does it to all the runs; those that could not be are named with the reason. */
export async function act(model: PanelModel, method: Many, doing: string, ids: readonly string[]): Promise<string[]> {
  try {
    const { done, skipped } = await model.host.request(method, { ids: [...ids] });
    const first = skipped[0];
    if (first) {
      const others = skipped.length > 1 ? l10n.t(' (and {0} more)', skipped.length - 1) : '';
      model.toasts.add({ kind: 'error', text: `${doing}: ${name(model, first.id)} – ${first.why}${others}` });
    }
    return done;
  } catch (error) {
    model.fail(doing, error);
    return [];
  }
}

function name(model: PanelModel, id: string): string {
  return model.runs.get(id)?.name ?? id;
}

export async function remove(model: PanelModel, runs: readonly Run[]): Promise<void> {
  const done = await act(
    model,
    'runs/delete',
    l10n.t('Deleting'),
    runs.map((run) => run.id),
  );
  if (done.length === 0) return;
  model.remove(done);
  model.pages.refresh();
  const text =
    done.length === 1 ? l10n.t('Deleted {0}.', name2(runs, done[0]!)) : l10n.t('Deleted {0} runs.', done.length);
  const undo = async (): Promise<void> => {
    await act(model, 'runs/restore', l10n.t('Restoring'), done);
    await model.refresh();
  };
  const redo = async (): Promise<void> => {
    model.remove(await act(model, 'runs/delete', l10n.t('Deleting'), done));
    model.pages.refresh();
  };
  model.history.add({ kind: `delete ${done.join()}`, undo, redo });
  model.toasts.add({ kind: 'info', text, action: { label: l10n.t('Undo'), run: undo } });
}
const name2 = (runs: readonly Run[], id: string) => runs.find((run) => run.id === id)?.name ?? id;

export async function rerun(model: PanelModel, run: Run): Promise<void> {
  try {
    const { run: fresh } = await model.host.request('runs/rerun', { id: run.id });
    drawTogether(model, fresh, [run]);
  } catch (error) {
    model.fail(l10n.t('Rerunning {0}', run.name), error);
  }
}

/** Draws a new run together with the earlier ones. */
export function drawTogether(model: PanelModel, fresh: Run, earlier: readonly Run[]): void {
  model.take([...earlier, fresh]);
  const selected = model.state.selected;
  if (selected) {
    model.setState({ selected: [...new Set([...selected, ...earlier.map((run) => run.id), fresh.id])] }, 'runs');
  } else {
    model.setState({ experiment: fresh.experiment }, 'runs');
  }
  model.announcer.say(l10n.t('Run {0} started', fresh.name));
}

/** Imports runs from the logs of other tools. */
export function importRuns(model: PanelModel, runs: readonly Run[]): void {
  model.host.command('tunesmith.logs.importRuns', ...runs.filter(isReadOnly).map(({ id }) => id));
}

/** Disables a control, with the reason, while the workspace is not trusted. */
export const unlessTrusted = ({ trusted }: Pick<PanelModel, 'trusted'>): { disabled?: boolean; title?: string } =>
  trusted ? {} : { disabled: true, title: l10n.t('Trust this workspace to start or change anything') };

/** Actions that only look at runs, or change the view alone. */
const LOOKING = new Set(['open', 'compare', 'draw', 'baseline', 'log', 'folder', 'copy', 'openLog']);

/** Actions for one run or several, without those that make no sense at the moment. `ask` lets the person edit a text. */
export function actionsFor(
  model: PanelModel,
  runs: readonly Run[],
  ask: (what: 'rename' | 'tag' | 'note', run: readonly Run[]) => void,
): Action[] {
  const actions = allActions(model, runs, ask);
  const { title: disabled } = unlessTrusted(model);
  if (disabled === undefined) return actions;
  return actions.map((action) => (LOOKING.has(action.id) ? action : { ...action, disabled }));
}

function allActions(
  model: PanelModel,
  runs: readonly Run[],
  ask: (what: 'rename' | 'tag' | 'note', run: readonly Run[]) => void,
): Action[] {
  if (runs.some(isReadOnly)) return readOnlyActions(model, runs);
  const ids = (some: readonly Run[]) => some.map((run) => run.id);
  const one = runs.length === 1 ? runs[0]! : null;
  const stoppable = runs.filter((run) => canStop(run.status));
  const pausable = runs.filter((run) => canPause(run.status));
  const resumable = runs.filter((run) => canResume(run.status));
  const ended = runs.filter((run) => !isLive(run));
  const actions: Action[] = [];
  const add = (when: boolean, action: Action) => when && actions.push(action);
  const label = (text: string, some: readonly Run[]) => withCount(text, some, runs.length);
  const many = (method: Many, doing: string, some: readonly Run[]) => () => void act(model, method, doing, ids(some));
  add(stoppable.length > 0, {
    id: 'stop',
    label: label(l10n.t('Stop'), stoppable),
    icon: 'debug-stop',
    run: many('runs/stop', l10n.t('Stopping'), stoppable),
  });
  add(pausable.length > 0, {
    id: 'pause',
    label: label(l10n.t('Pause'), pausable),
    icon: 'debug-pause',
    run: many('runs/pause', l10n.t('Pausing'), pausable),
  });
  add(resumable.length > 0, {
    id: 'resume',
    label: label(l10n.t('Resume'), resumable),
    icon: 'debug-continue',
    run: many('runs/resume', l10n.t('Resuming'), resumable),
  });
  add(one !== null, { id: 'rerun', label: l10n.t('Run again'), icon: 'debug-rerun', run: () => rerun(model, one!) });
  add(one !== null, {
    id: 'branch',
    label: l10n.t('Branch from a Checkpoint…'),
    icon: 'git-branch',
    run: () => model.host.command('tunesmith.run.branch', one!.id),
  });
  add(one !== null && one.file !== null, {
    id: 'alerts',
    label: l10n.t('Alerts…'),
    icon: 'bell',
    run: () => model.host.command('tunesmith.alerts.edit', one!.file),
  });
  actions.push(...pageActions(model, runs), drawOnly(model, runs));
  actions.push(...(one ? [baseline(model, one)] : []), star(model, runs));
  add(one !== null, { id: 'rename', label: l10n.t('Rename…'), icon: 'edit', run: () => ask('rename', runs) });
  add(true, { id: 'tag', label: label(l10n.t('Tags…'), runs), icon: 'tag', run: () => ask('tag', runs) });
  add(one !== null, { id: 'note', label: l10n.t('Note…'), icon: 'note', run: () => ask('note', runs) });
  if (one) {
    const command = (id: string, label: string, icon: string, command: string) =>
      actions.push({ id, label, icon, run: () => model.host.command(command, one.id) });
    command('log', l10n.t('Show log'), 'output', 'tunesmith.run.revealLog');
    command('folder', l10n.t('Open folder'), 'folder-opened', 'tunesmith.run.openFolder');
    command('copy', l10n.t('Copy command'), 'copy', 'tunesmith.run.copyCommand');
    if (one.info.backend === undefined) command('debug', l10n.t('Debug'), 'debug-alt', 'tunesmith.run.debug');
    // Runs of the built-in trainer name their backend in their facts.
    if (!isLive(one) && one.info.backend !== undefined && !isRangeTest(one)) {
      command('export', l10n.t('Export model…'), 'export', 'tunesmith.run.exportModel');
    }
  }
  add(true, {
    id: 'exportRuns',
    label: one ? l10n.t('Export run…') : l10n.t('Export {0} runs…', runs.length),
    icon: 'save-as',
    run: () => model.host.command('tunesmith.run.export', ...ids(runs)),
  });
  add(ended.length > 0, {
    id: 'delete',
    label: label(l10n.t('Delete'), ended),
    icon: 'trash',
    danger: true,
    run: () => remove(model, ended),
  });
  return actions;
}

/** With several runs, each action says on how many of them it acts. */
const withCount = (text: string, some: readonly Run[], of = some.length): string =>
  of > 1 ? `${text} (${formatCount(some.length)})` : text;

/** Actions that show the runs on a page. */
function pageActions(model: PanelModel, runs: readonly Run[]): Action[] {
  const ids = runs.map(({ id }) => id);
  if (runs.length === 1)
    return [
      { id: 'open', label: l10n.t('Open run'), icon: 'open-preview', run: () => openRun(model, ids[0]!, 'overview') },
    ];
  return [
    {
      id: 'compare',
      label: l10n.t('Compare {0} runs', Math.min(ids.length, MOST_COMPARED)),
      icon: 'git-compare',
      run: () => compareRuns(model, ids),
    },
  ];
}

function baseline(model: PanelModel, run: Run): Action {
  const isBaseline = model.view.baseline === run.id;
  return {
    id: 'baseline',
    label: isBaseline ? l10n.t('No baseline') : l10n.t('Compare others with this'),
    icon: 'git-compare',
    run: () => model.setView({ baseline: isBaseline ? null : run.id }),
  };
}

/** Tag of the runs that the person has starred. */
export const STARRED = 'starred';

function star(model: PanelModel, runs: readonly Run[]): Action {
  const areStarred = runs.every(({ tags }) => tags.includes(STARRED));
  return {
    id: 'star',
    label: withCount(areStarred ? l10n.t('Remove the star') : l10n.t('Star'), runs),
    icon: areStarred ? 'star-delete' : 'star-add',
    run: async () => {
      try {
        const ids = runs.map(({ id }) => id);
        await model.host.request('runs/tag', {
          ids,
          add: areStarred ? [] : [STARRED],
          remove: areStarred ? [STARRED] : [],
        });
        await model.refresh();
      } catch (error) {
        model.fail(l10n.t('Tagging'), error);
      }
    },
  };
}

function drawOnly(model: PanelModel, runs: readonly Run[]): Action {
  return {
    id: 'draw',
    label: runs.length === 1 ? l10n.t('Draw only this') : withCount(l10n.t('Draw only these'), runs),
    icon: 'graph-line',
    run: async () => {
      await model.select(runs.map((run) => run.id));
      model.setState({ tab: 'charts' });
    },
  };
}

/** Actions if some of the runs are in logs of other tools, which can't be changed. */
function readOnlyActions(model: PanelModel, runs: readonly Run[]): Action[] {
  const theirs = runs.filter(isReadOnly);
  const open: Action = {
    id: 'openLog',
    label: l10n.t('Open Log'),
    icon: 'go-to-file',
    run: () => model.host.command('tunesmith.logs.openRun', theirs[0]!.id),
  };
  const take: Action = {
    id: 'import',
    label: theirs.length === 1 ? l10n.t('Import') : l10n.t('Import {0} runs', theirs.length),
    icon: 'cloud-download',
    run: () => importRuns(model, theirs),
  };
  return [take, ...pageActions(model, runs), drawOnly(model, runs), ...(runs.length === 1 ? [open] : [])];
}
