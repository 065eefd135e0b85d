/** The texts of an experiment file's lenses. Pure; golden-tested. */
import { errorText } from '../../format/said.js';
import { LIVE_STATUSES, type RequestResult, type Run, type Search } from '../../protocol/engine/index.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import type { FileLenses } from '../../experiment/types.js';
import { isLiveSearch, isResumable, searchProgress } from '../explorer/items.js';
import { markAt } from '../../protocol/values/floats.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { l10n } from '../../format/l10n.js';
import { placeTitle } from '../../format/places.js';
import type { Place } from '../../protocol/run/cluster.js';
import { commandId, type CommandName } from '../manifest/commands.js';
import { entryOf } from '../../protocol/values/records.js';

export type Best = NonNullable<RequestResult<'best/of'>['best']>;

/** The results of a file's runs and searches. */
export interface FileState {
  best: Best | null;
  /** Newest first; not those of searches. */
  runs: readonly Run[];
  /** Newest first. */
  searches: readonly Search[];
  /** Importance of each parameter in the newest ended search, in [0, 1]; absent: not known. */
  importance?: Readonly<Record<string, number>>;
}

export const NOTHING: FileState = { best: null, runs: [], searches: [] };

export interface Lens {
  /** From 0. */
  line: number;
  title: string;
  tooltip?: string;
  command: string;
  args: unknown[];
}

export function lensTexts(
  file: string,
  lines: FileLenses,
  /** Values in the file; null while it can't be read. */
  params: Params | null,
  state: FileState,
  trusted: boolean,
  /** False: best values are shown elsewhere, or not at all. */
  showsBest = true,
  /** Place of the next run; null: there is nothing to choose from. */
  place: { name: Place; isChosen: boolean } | null = null,
): Lens[] {
  const all: Lens[] = [];
  const put = add(all);
  if (!trusted) {
    const line = lines.runLine ?? lines.paramsLine;
    if (line === null) return [];
    const title = `$(workspace-untrusted) ${l10n.t('Trust this workspace to run')}`;
    const trust = { line, title, command: 'workbench.trust.manage', args: [] };
    const looking = lensTexts(file, lines, params, state, true, showsBest).filter(({ command }) =>
      LOOKING.has(command),
    );
    return [trust, ...looking].sort((a, b) => a.line - b.line);
  }
  if (lines.runLine !== null) runLenses(lines.runLine, file, state, place, put);
  for (const { name, line } of lines.stages) {
    const tooltip = l10n.t('Runs the pipeline, repeating this stage and those that depend on it');
    put(line, `$(play) ${l10n.t('Run from here')}`, 'run.start', [file, name], tooltip);
  }
  if (lines.rateLine !== null) {
    const tooltip = l10n.t('Tries learning rates in a few training steps and suggests one');
    put(lines.rateLine, l10n.t('Find learning rate'), 'run.lrRange', [file], tooltip);
  }
  if (lines.searchLine !== null) searchLenses(lines.searchLine, file, state, put);
  if (showsBest) bestLenses(lines, file, params, state, put);
  return all.sort((a, b) => a.line - b.line);
}

/** Commands that start and change nothing. */
export const LOOKING = new Set<string>((['run.show', 'run.revealLog', 'search.show'] as const).map(commandId));

type Add = (line: number, title: string, name: CommandName, args: unknown[], tooltip?: string) => void;

/** Returns what adds a lens to a list. */
export const add =
  (all: Lens[]): Add =>
  (line, title, name, args, tooltip) =>
    void all.push({ line, title, command: commandId(name), args, ...(tooltip && { tooltip }) });

function runLenses(
  line: number,
  file: string,
  state: FileState,
  place: { name: Place; isChosen: boolean } | null,
  add: Add,
): void {
  add(line, `$(play) ${l10n.t('Run')}`, 'run.start', [file], l10n.t('Run with these parameters'));
  if (place) placeLens(line, file, place, add);
  runStateLenses(line, state, add);
}

/** Adds the place where runs of a file execute. */
export function placeLens(
  line: number,
  file: string,
  { name, isChosen }: { name: Place; isChosen: boolean },
  add: Add,
): void {
  const why = isChosen ? l10n.t('Your choice; the file says another place') : placeTitle(name);
  const tooltip = `${why}\n${l10n.t('Click to choose where to run')}`;
  add(line, `${l10n.t('on {0}', name)} ▾`, 'place.pick', [file], tooltip);
}

/** Adds the state of the runs: those running, else how the last one ended. */
export function runStateLenses(line: number, { runs }: FileState, add: Add): void {
  const live = runs.filter(({ status }) => LIVE_STATUSES.includes(status));
  if (live.length > 0) {
    const [first] = live;
    const progress =
      live.length === 1 && first?.progress?.fraction ? ` ${Math.floor(first.progress.fraction * 100)}%` : '';
    add(line, `$(sync~spin) ${l10n.t('{0} running', live.length)}${progress}`, 'run.show', [first!.id]);
    if (live.length === 1) add(line, l10n.t('Stop'), 'run.stop', [first!.id]);
    return;
  }
  const [last] = runs;
  if (!last) return;
  if (last.status === 'failed') {
    add(
      line,
      `$(error) ${l10n.t('last run failed')}`,
      'run.revealLog',
      [last.id],
      last.error ? errorText(last.error) : undefined,
    );
  } else if (last.objective && last.objective.value !== null) {
    const value = formatNumber(last.objective.value);
    add(line, l10n.t('last {0} {1}', last.objective.metric, value), 'run.show', [last.id], last.name);
  }
}

function searchLenses(line: number, file: string, { searches }: FileState, add: Add): void {
  const [last] = searches;
  const live = searches.find(isLiveSearch);
  if (live) {
    const best = live.best ? ` · ${l10n.t('best {0}', formatNumber(live.best.objective))}` : '';
    const icon = live.status === 'paused' ? '$(debug-pause)' : '$(sync~spin)';
    add(line, `${icon} ${searchProgress(live)}${best}`, 'search.show', [live.id], live.name);
    if (live.status === 'running') add(line, l10n.t('Pause'), 'search.pause', [live.id]);
    if (live.status === 'paused') add(line, l10n.t('Resume'), 'search.resume', [live.id]);
    if (live.status !== 'stopping') add(line, l10n.t('Stop'), 'search.stop', [live.id]);
    return;
  }
  add(line, `$(search) ${l10n.t('Start search')}`, 'search.start', [file]);
  if (!last) return;
  const best = last.best ? ` · ${l10n.t('best {0}', formatNumber(last.best.objective))}` : '';
  add(line, `${l10n.t('last {0}', searchProgress(last))}${best}`, 'search.show', [last.id], last.name);
  if (isResumable(last)) add(line, l10n.t('Resume'), 'search.resume', [last.id]);
  if (last.best) add(line, l10n.t('Apply all best'), 'best.apply', [file]);
}

/** The best value of a parameter that has another one in the file. */
export interface BestValue {
  name: string;
  /** From 0. */
  line: number;
  /** The value, such as `0.003`. */
  value: string;
  tooltip: string;
}

/**
 * Best values that are news: those that the file does not have already. At the parameter's value; at its search space only
 * if the file gives it no value.
 */
export function bestValues(
  lines: FileLenses,
  params: Params | null,
  { best, importance }: Pick<FileState, 'best' | 'importance'>,
): BestValue[] {
  if (!best) return [];
  const valued = new Set(lines.parameters.filter(({ where }) => where === 'params').map(({ name }) => name));
  return lines.parameters.flatMap(({ name, line, where }) => {
    const value = entryOf(best.params, name);
    if (value === undefined || (where === 'space' && valued.has(name))) return [];
    if (params && sameValue(entryOf(params, name), value)) return [];
    const share = entryOf(importance ?? {}, name);
    const found = l10n.t(
      '{0} {1} in {2}, the best of {3} runs',
      best.metric,
      formatNumber(best.objective),
      best.name,
      best.of,
    );
    const matters = share === undefined ? '' : `\n${l10n.t('{0} % of the importance', Math.round(100 * share))}`;
    return [{ name, line, value: formatParam(value, markAt(best.floats, name)), tooltip: `${found}${matters}` }];
  });
}

function bestLenses(lines: FileLenses, file: string, params: Params | null, state: FileState, add: Add): void {
  const { best, importance } = state;
  for (const { name, line, value, tooltip } of bestValues(lines, params, state)) {
    const title = l10n.t('best {0} ({1})', value, formatNumber(best!.objective));
    const share = entryOf(importance ?? {}, name);
    const matters = share === undefined ? '' : ` · ${l10n.t('importance {0} %', Math.round(100 * share))}`;
    add(line, `${title}${matters}`, 'run.show', [best!.run], tooltip);
    add(line, l10n.t('Apply best'), 'best.apply', [file, name]);
  }
}

function sameValue(a: ParamValue | undefined, b: ParamValue): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
