import { readZoom, type Zoom } from './charts/zoom.js';
export type { Zoom } from './charts/zoom.js';
import { readCards, type OwnCard } from './charts/ownCards.js';
export type { OwnCard } from './charts/ownCards.js';
import type { PanelState } from '../../src/protocol/panel/index.js';
import type { ImportanceMethod } from '../../src/protocol/engine/insight.js';
import { RANK_LOOKS, type RankLook } from './charts/ranks.js';
import { X_AXES, type XAxis } from '../../src/drawing/series.js';
import { SMOOTHINGS, type Smoothing } from '../../src/drawing/smoothing.js';
import { BANDS, type Band } from '../../src/drawing/bands.js';
import { MOST, NEWEST } from './runs/drawn.js';
import { setEntry } from '../../src/protocol/values/records.js';

/** View settings: the free-form part of PanelState. */
export interface ViewSettings {
  x: XAxis;
  logX: boolean;
  logY: boolean;
  /** Strength of the smoothing, in [0, 0.999]: the weight of the moving average. */
  smoothing: number;
  smoothKind: Smoothing;
  /** Share of the values at each end that may be outside the y-axis, in [0, 0.25]. */
  outliers: number;
  /** Metric on the x-axis, if `x` is `metric`. */
  xMetric: string | null;
  /** Fields that runs are grouped by in charts and table; none: each run is drawn by itself. */
  groupBy: string[];
  band: Band;
  /** Field that determines the colors and dashes of curves; '': each run has its own. */
  colorBy: string;
  dashBy: string;
  /** Colours that the person has chosen, `#rrggbb` by run, group or value. */
  colors: Record<string, string>;
  /** The baseline run. */
  baseline: string | null;
  /** Which runs are drawn while none are chosen. */
  draw: DrawChoice;
  /** Cards of several metrics or formulas, and settings of single cards. */
  cards: OwnCard[];
  cardSettings: Record<string, CardSettings>;
  /** Cards that stay on top, in their order. */
  pinnedCards: string[];
  /** Order of cards that were dragged, by group. */
  cardOrder: string[];
  /** Heights of cards in pixels. */
  cardHeights: Record<string, number>;
  /** Number of columns after the name that stay while the others scroll. */
  frozen: number;
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
  /** Parameters whose joint effect is shown; null: the two most important ones. */
  insightPair: [string, string] | null;
  /** Runs that the Insight tab is about. */
  insightOf: InsightOf;
  /** Columns chosen in the plots of any runs, by the place where they are: `x`, `y`, `color`, … */
  explore: Record<string, string>;
  /** Unsaved edits of the form. */
  draft: DraftEdits | null;
}
export type InsightOf = 'search' | 'drawn' | 'all';
/** Number of runs, taken by a column. */
export interface DrawChoice {
  by: string;
  descending: boolean;
  count: number;
}
/** Settings of one card alone; absent: as for all. */
export interface CardSettings {
  x?: XAxis;
  logX?: boolean;
  logY?: boolean;
  smoothing?: number;
  outliers?: number;
}
export type TrialOrder = 'number' | 'newest' | 'best';
export interface DraftEdits {
  file: string;
  params: Record<string, string>;
  spaces: Record<string, string>;
  trials: string | null;
  /** The file's text of each edited parameter. An edit is void once the file says something else. */
  base?: Record<string, string>;
}
/** Charts of the machine's use: a separate group, collapsed by default. */
export const SYSTEM_GROUP = 'system';

export const DEFAULT_VIEW: ViewSettings = {
  x: 'step',
  logX: false,
  logY: false,
  smoothing: 0,
  smoothKind: 'exponential',
  outliers: 0,
  xMetric: null,
  groupBy: [],
  band: 'sd',
  colorBy: '',
  dashBy: '',
  colors: {},
  baseline: null,
  draw: { by: 'createdAt', descending: true, count: NEWEST },
  cards: [],
  cardSettings: {},
  pinnedCards: [],
  cardOrder: [],
  cardHeights: {},
  frozen: 0,
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
const isShare = (value: unknown, below: number): value is number =>
  typeof value === 'number' && value >= 0 && value < below;
const isEntry = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Reads how runs are grouped, coloured and chosen, and the cards. */
function readDrawing(stored: Record<string, unknown>, view: ViewSettings): void {
  view.smoothKind = SMOOTHINGS.find((kind) => kind === stored.smoothKind) ?? 'exponential';
  view.band = BANDS.find((band) => band === stored.band) ?? 'sd';
  if (isShare(stored.outliers, 0.25)) view.outliers = stored.outliers;
  for (const key of ['xMetric', 'baseline'] as const) {
    const value = stored[key];
    if (typeof value === 'string') view[key] = value;
  }
  for (const key of ['colorBy', 'dashBy'] as const) {
    const value = stored[key];
    if (typeof value === 'string') view[key] = value;
  }
  for (const key of ['groupBy', 'pinnedCards', 'cardOrder'] as const) {
    const value = stored[key];
    if (isStrings(value)) view[key] = value;
  }
  if (isTexts(stored.colors)) {
    const sound = Object.entries(stored.colors).filter(([, color]) => /^#[0-9a-f]{6}$/i.test(color));
    view.colors = Object.fromEntries(sound);
  }
  if (isIndices(stored.cardHeights)) view.cardHeights = stored.cardHeights;
  if (Number.isInteger(stored.frozen) && (stored.frozen as number) >= 0) view.frozen = stored.frozen as number;
  const draw = stored.draw as Partial<DrawChoice> | null | undefined;
  if (draw && typeof draw.by === 'string' && Number.isInteger(draw.count) && draw.count! > 0)
    view.draw = { by: draw.by, descending: draw.descending !== false, count: Math.min(draw.count!, MOST) };
  if (Array.isArray(stored.cards)) view.cards = readCards(stored.cards);
  if (isEntry(stored.cardSettings))
    for (const [card, settings] of Object.entries(stored.cardSettings))
      if (isEntry(settings)) setEntry(view.cardSettings, card, readCard(settings));
}

function readCard(stored: Record<string, unknown>): CardSettings {
  const x = X_AXES.find((one) => one === stored.x);
  return {
    ...(x && { x }),
    ...(typeof stored.logX === 'boolean' && { logX: stored.logX }),
    ...(typeof stored.logY === 'boolean' && { logY: stored.logY }),
    ...(isShare(stored.smoothing, 1) && { smoothing: stored.smoothing }),
    ...(isShare(stored.outliers, 0.25) && { outliers: stored.outliers }),
  };
}

/** Takes the valid parts of a stored state (perhaps of another version), and defaults for the rest. */
export function readView(stored: Record<string, unknown>): ViewSettings {
  const view: ViewSettings = { ...DEFAULT_VIEW, zoom: {}, cardSettings: {} };
  view.x = X_AXES.find((x) => x === stored.x) ?? 'step';
  readDrawing(stored, view);
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
  if (isEntry(stored.zoom)) {
    for (const [metric, one] of Object.entries(stored.zoom)) {
      const zoom = readZoom(one);
      if (zoom) setEntry(view.zoom, metric, zoom);
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
