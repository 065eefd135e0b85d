/**
 * Stable `data-testid` values of the panel, for end-to-end tests.
 *
 *   tab-charts | tab-table | tab-media | tab-insight | tab-form   the tabs
 *   experiment-picker, connection         header
 *   warnings                              above the charts: what the drawn runs warned of
 *   read-only, import-runs                above the views: the drawn runs are in logs of other tools
 *   chart-<metric>                        a chart card; data-runs = curves drawn, data-points = points in those
 *                                         series (all of them, not only those on the screen), data-changes = marks
 *                                         of hyperparameters that changed
 *   chart-reset-<metric>, chart-values-<metric>, chart-save-<metric>, chart-tooltip
 *   legend-item                           one drawn run; data-run = its id, data-hidden, data-pinned, data-best
 *   run-row-<id>                          a row of the run table; data-status
 *   run-select-<id>, run-menu-<id>        its checkbox and its menu button
 *   run-filter, run-count, columns        above the table
 *   menu, menu-<action>                   the open menu and its items
 *   field-<param>, field-error-<param>    a hyperparameter and the message beside it when it is refused
 *   space-<param>, space-error-<param>    the parameter's search space, as in the file
 *   relaunch, save-file, reset-form, apply-live, start-search
 *   search-<id>                           a search; data-status
 *   search-stop | search-pause | search-resume, search-best, search-draw
 *   trial-<n>                             a trial's row; data-status, data-objective
 *   trial-stop-<n> | trial-pause-<n> | trial-resume-<n> | trial-retry-<n>
 *   insight-of-<id>                       what a search has learned; data-ready
 *   insight-<card>, insight-values-<card> history, importance, effects, surface, front, volume, parallel
 *   insight-left, insight-method          what is left to gain; importance for what
 *   media-grid, media-filter, media-more  all media of the drawn runs
 *   media-<name>                          what was logged under a name; data-step, data-kind. media-step: its slider;
 *                                         media-look-ridge | media-look-heat | media-look-values for histograms
 *   drawing-of-<run>, drawing-run, drawing-name, drawing-step   histograms and plots that a run has logged
 *   confusion-of-<run>, confusion-run, confusion-shares   which classes were predicted as which
 *   range-of-<run>, use-rate              loss by learning rate; data-points
 *   pruning                               accuracy against size; data-runs
 *   pipeline-of-<run>, stage-<name>       graph of a pipeline's stages; data-done; data-status, data-reused
 *   run-page-<id>                         the page of a run; data-status. section-<name>: its tabs; page-back, page-menu,
 *                                         compare-best, note, note-edit, note-text, note-save, messages-of-run, lineage,
 *                                         files-of-run, patch-<file>
 *   log, log-search, log-found, log-follow   the output; data-lines. log-found: data-hits. log-rank: whose output
 *   compare, compared-<section>, compare-all   runs side by side
 *   views-button, views, view-<name>, view-name, view-save   saved views; help-button, help: the keys
 *   toast, toast-action, announcer
 */
export const TEST_IDS = {
  tab: (tab: string) => `tab-${tab}`,
  experimentPicker: 'experiment-picker',
  connection: 'connection',
  warnings: 'warnings',
  readOnly: 'read-only',
  importRuns: 'import-runs',
  trust: 'trust',
  chart: (metric: string) => `chart-${metric}`,
  chartReset: (metric: string) => `chart-reset-${metric}`,
  chartValues: (metric: string) => `chart-values-${metric}`,
  chartSlot: (metric: string) => `chart-slot-${metric}`,
  chartMenu: (metric: string) => `chart-menu-${metric}`,
  chartSave: (metric: string) => `chart-save-${metric}`,
  chartTooltip: 'chart-tooltip',
  legendItem: 'legend-item',
  legendGroup: 'legend-group',
  runRow: (id: string) => `run-row-${id}`,
  runSelect: (id: string) => `run-select-${id}`,
  runMenu: (id: string) => `run-menu-${id}`,
  runFilter: 'run-filter',
  runCount: 'run-count',
  columns: 'columns',
  menu: 'menu',
  menuItem: (action: string) => `menu-${action}`,
  field: (name: string) => `field-${name}`,
  fieldError: (name: string) => `field-error-${name}`,
  space: (name: string) => `space-${name}`,
  spaceError: (name: string) => `space-error-${name}`,
  relaunch: 'relaunch',
  saveFile: 'save-file',
  resetForm: 'reset-form',
  applyLive: 'apply-live',
  startSearch: 'start-search',
  place: 'place',
  /** State, place and duration of a run at the head of its page. */
  pageStatus: 'page-status',
  enqueue: 'enqueue',
  changeSearch: 'change-search',
  search: (id: string) => `search-${id}`,
  searchStop: 'search-stop',
  searchPause: 'search-pause',
  searchResume: 'search-resume',
  searchRetry: 'search-retry',
  searchBest: 'search-best',
  searchDraw: 'search-draw',
  trial: (n: number) => `trial-${n}`,
  trialAction: (action: 'stop' | 'pause' | 'resume' | 'retry', n: number) => `trial-${action}-${n}`,
  insight: (search: string) => `insight-of-${search}`,
  insightCard: (card: string) => `insight-${card}`,
  insightValues: (card: string) => `insight-values-${card}`,
  insightLeft: 'insight-left',
  media: (name: string) => `media-${name}`,
  mediaGrid: 'media-grid',
  drawing: (run: string) => `drawing-of-${run}`,
  confusion: (run: string) => `confusion-of-${run}`,
  range: (run: string) => `range-of-${run}`,
  useRate: 'use-rate',
  pruning: 'pruning',
  pipeline: (run: string) => `pipeline-of-${run}`,
  stage: (name: string) => `stage-${name}`,
  runPage: (run: string) => `run-page-${run}`,
  section: (name: string) => `section-${name}`,
  pageBack: 'page-back',
  pageMenu: 'page-menu',
  pageMessages: 'messages-of-run',
  pageFiles: 'files-of-run',
  compareBest: 'compare-best',
  note: 'note',
  noteEdit: 'note-edit',
  noteText: 'note-text',
  noteSave: 'note-save',
  lineage: 'lineage',
  patch: (file: string) => `patch-${file}`,
  log: 'log',
  logSearch: 'log-search',
  logFound: 'log-found',
  logFollow: 'log-follow',
  logRank: 'log-rank',
  compare: 'compare',
  compared: (section: string) => `compared-${section}`,
  compareAll: 'compare-all',
  help: 'help',
  helpButton: 'help-button',
  views: 'views',
  viewsButton: 'views-button',
  viewName: 'view-name',
  viewSave: 'view-save',
  savedView: (name: string) => `view-${name}`,
  tryAgain: 'try-again',
  toast: 'toast',
  toastAction: 'toast-action',
  announcer: 'announcer',
} as const;
