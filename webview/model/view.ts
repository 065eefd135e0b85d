import type { PanelState } from '../../src/protocol/panel.js';
import type { ImportanceMethod } from '../../src/protocol/insight.js';
import { RANK_LOOKS, type RankLook } from './charts/ranks.js';
import type { XAxis } from './charts/series.js';
import { setEntry } from '../../src/protocol/records.js';

/** How the person looks at things: the free-form part of PanelState. */
export interface ViewSettings {
  x: XAxis;
  logX: boolean;
  logY: boolean;
  /** Weight of the moving average, in [0, 0.999]. */
  smoothing: number;
  metricFilter: string;
  /** Groups of charts that are folded. */
  folded: string[];
  /** Charts that take the whole width. */
  wide: string[];
  /** Visible rectangle of each zoomed chart. */
  zoom: Record<string, Zoom>;
  legend: boolean;
  /** Which ranks of distributed jobs are drawn. */
  ranks: RankLook;
  /** Look of each drawn run, so that curves keep their colours. */
  looks: Record<string, number>;
  /** Table columns as `param:NAME` and `metric:NAME`; null: chosen by us. */
  columns: string[] | null;
  sort: string;
  descending: boolean;
  runFilter: string;
  status: string;
  search: string | null;
  trialOrder: TrialOrder;
  insightMethod: ImportanceMethod;
  /** Parameters whose joint effect is looked at; null: the two most important ones. */
  insightPair: [string, string] | null;
  /** Runs that the Insight tab is about. */
  insightOf: InsightOf;
  /** Columns chosen in the plots of any runs, by the place where they are: `x`, `y`, `color`, … */
  explore: Record<string, string>;
  /** Unsaved edits of the form. */
  draft: DraftEdits | null;
}
export type InsightOf = 'search' | 'drawn' | 'all';
export type TrialOrder = 'number' | 'newest' | 'best';
export interface DraftEdits {
  file: string;
  params: Record<string, string>;
  spaces: Record<string, string>;
  trials: string | null;
  /** The text that the file had of each edited parameter. An edit is void once the file says something else. */
  base?: Record<string, string>;
}
export interface Zoom {
  x: [number, number];
  y: [number, number];
}

/** Charts of the machine's use: a group of its own, folded until somebody wants to see it. */
export const SYSTEM_GROUP = 'system';

export const DEFAULT_VIEW: ViewSettings = {
  x: 'step',
  logX: false,
  logY: false,
  smoothing: 0,
  metricFilter: '',
  folded: [SYSTEM_GROUP],
  wide: [],
  zoom: {},
  legend: true,
  ranks: 'first',
  looks: {},
  columns: null,
  sort: 'createdAt',
  descending: true,
  runFilter: '',
  status: '',
  search: null,
  trialOrder: 'number',
  insightMethod: 'pedAnova',
  insightPair: null,
  insightOf: 'search',
  explore: {},
  draft: null,
};

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');
const isIndices = (value: unknown): value is Record<string, number> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((index) => Number.isInteger(index) && index >= 0);
const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((item) => Number.isFinite(item)) && value[0] < value[1];

/** Takes what is sound from a stored state (perhaps of another version) and the default for the rest. */
export function readView(stored: Record<string, unknown>): ViewSettings {
  const view: ViewSettings = { ...DEFAULT_VIEW, zoom: {} };
  if (stored.x === 'step' || stored.x === 'time' || stored.x === 'epoch') view.x = stored.x;
  for (const key of ['logX', 'logY', 'legend', 'descending'] as const) {
    if (typeof stored[key] === 'boolean') view[key] = stored[key];
  }
  for (const key of ['metricFilter', 'sort', 'runFilter', 'status'] as const) {
    if (typeof stored[key] === 'string') view[key] = stored[key];
  }
  if (typeof stored.smoothing === 'number' && stored.smoothing >= 0 && stored.smoothing < 1) {
    view.smoothing = stored.smoothing;
  }
  view.ranks = RANK_LOOKS.find((look) => look === stored.ranks) ?? 'first';
  if (stored.trialOrder === 'newest' || stored.trialOrder === 'best') view.trialOrder = stored.trialOrder;
  if (stored.insightOf === 'drawn' || stored.insightOf === 'all') view.insightOf = stored.insightOf;
  if (isTexts(stored.explore)) view.explore = stored.explore;
  if (stored.insightMethod === 'fanova') view.insightMethod = 'fanova';
  if (isStrings(stored.insightPair) && stored.insightPair.length === 2) {
    view.insightPair = [stored.insightPair[0]!, stored.insightPair[1]!];
  }
  if (isStrings(stored.folded)) view.folded = stored.folded;
  if (isStrings(stored.wide)) view.wide = stored.wide;
  if (isIndices(stored.looks)) view.looks = stored.looks;
  if (isStrings(stored.columns)) view.columns = stored.columns;
  if (typeof stored.search === 'string') view.search = stored.search;
  const draft = stored.draft as Partial<DraftEdits> | null | undefined;
  if (draft && typeof draft.file === 'string' && isTexts(draft.params) && isTexts(draft.spaces)) {
    const trials = typeof draft.trials === 'string' ? draft.trials : null;
    const base = isTexts(draft.base) ? { base: draft.base } : {};
    view.draft = { file: draft.file, params: draft.params, spaces: draft.spaces, trials, ...base };
  }
  if (typeof stored.zoom === 'object' && stored.zoom !== null) {
    for (const [metric, zoom] of Object.entries(stored.zoom as Record<string, Partial<Zoom> | null>)) {
      if (zoom && isPair(zoom.x) && isPair(zoom.y)) setEntry(view.zoom, metric, { x: zoom.x, y: zoom.y });
    }
  }
  return view;
}

export function emptyState(): PanelState {
  return {
    version: 1,
    experiment: null,
    file: null,
    selected: null,
    pinned: [],
    hidden: [],
    tab: 'charts',
    page: null,
    view: {},
  };
}

/** Metrics by the part of their name before the first `/`; the objective's group first. */
export function groupMetrics(metrics: readonly string[], objective: string | null): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const metric of [...metrics].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))) {
    const slash = metric.indexOf('/');
    const group = slash > 0 ? metric.slice(0, slash) : '';
    groups.set(group, [...(groups.get(group) ?? []), metric]);
  }
  const rank = (group: string, names: string[]) =>
    objective !== null && names.includes(objective) ? 0 : group === SYSTEM_GROUP ? 3 : group === '' ? 1 : 2;
  return [...groups]
    .map(([group, names]): [string, string[]] => [group, names.sort((a, b) => +(b === objective) - +(a === objective))])
    .sort((a, b) => rank(...a) - rank(...b) || a[0].localeCompare(b[0], 'en'));
}
