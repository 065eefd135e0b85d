import type { FirstCurves, Run, Search } from '../../src/protocol/engine/index.js';
import type { PanelState, ToPanel } from '../../src/protocol/panel/index.js';
import { Host } from '../host.js';
import { showFailure } from './failures.js';
import { Catalogue } from './catalogue.js';
import { MOST_FIRST_CURVES } from '../../src/protocol/engine/limits.js';
import { readAxis } from '../../src/drawing/series.js';
import { pointsOfEach, SeriesFeed } from './charts/feed.js';
import { Connection, type ConnectionState } from './connection.js';
import { PanelFacts } from './facts.js';
import { History } from './history.js';
import { Loader, type ComingCurves } from './loader.js';
import { BestOfExperiment } from './runs/best.js';
import { pageRuns } from './page/pages.js';
import { AskedMetrics } from './runs/askedMetrics.js';
import { drawnRuns } from './runs/drawn.js';
import { Drawing } from './runs/drawing.js';
import { hasMetric, keepValues, MetricNames } from './runs/metricNames.js';
import { Views } from './savedViews.js';
import { Selection } from './selection.js';
import { idle } from '../components/idle.js';
import { Signal, type Topic } from './signal.js';
import { RunPages } from './table/pages.js';
import { Announcer, Toasts } from './toasts.js';
import { isLive } from './values.js';
import type { ViewSettings } from './view.js';
import { Watching } from './watching.js';
import { l10n } from '../../src/format/l10n.js';

/** Milliseconds between two readings of the devices. */
const DEVICES_INTERVAL = 5000;

/** Settings that change how runs are drawn. */
const DRAWING: readonly (keyof ViewSettings)[] = ['groupBy', 'colorBy', 'dashBy', 'colors', 'draw'];

/**
 * The panel's parts, connected to each other and to the host. `connection`, `selection` and `catalogue` hold the state
 * and report every change; views read it here and follow the topics of `signal`.
 */
export class PanelModel extends PanelFacts {
  readonly signal = new Signal();
  readonly host = new Host((message) => this.receive(message));
  readonly toasts = new Toasts(() => this.signal.emit('toasts'));
  readonly announcer = new Announcer(() => this.signal.emit('toasts'));
  readonly history = new History();
  readonly views: Views;
  readonly feed: SeriesFeed;
  readonly pages: RunPages;
  /** Metrics whose values are shown; views add theirs. */
  readonly asked: AskedMetrics;

  private readonly emit = (...topics: Topic[]): void => this.signal.emit(...topics);
  protected readonly connection: Connection;
  protected readonly catalogue: Catalogue;
  protected readonly selection: Selection;
  protected readonly drawing: Drawing;
  private readonly loader: Loader;
  protected readonly bestOf: BestOfExperiment;
  private readonly watching = new Watching(this.host);
  private readonly names: MetricNames;
  private readonly metricListeners = new Set<(metrics: ReadonlySet<string>, isLast: boolean) => void>();

  constructor() {
    super();
    this.feed = new SeriesFeed(
      (params) => this.host.request('series/read', params),
      (metrics, isLast) => this.metricListeners.forEach((tell) => tell(metrics, isLast)),
      (error) => this.fail(l10n.t('Reading the curves'), error),
    );
    this.asked = new AskedMetrics(() => this.readAsked());
    this.names = new MetricNames(
      (ids) => this.host.request('runs/metrics', { ids }),
      () => this.drawingChanged(),
      (error) => this.fail(l10n.t('Reading the runs'), error),
    );
    this.pages = new RunPages(
      (params) => this.host.request('runs/list', { ...params, metrics: this.asked.list }),
      () => this.emit('table'),
      (error) => this.fail(l10n.t('Reading the runs'), error),
    );
    this.connection = new Connection(document.visibilityState !== 'hidden', (now, before) =>
      this.connectionChanged(now, before),
    );
    this.drawing = new Drawing(
      () =>
        drawnRuns(
          this.catalogue.runs.values(),
          this.state,
          this.view.draw.count,
          this.state.selected ? null : this.loader.ranked,
        ),
      () => this.view,
      () => this.selection.keep(),
    );
    this.selection = new Selection({
      emit: this.emit,
      onState: () => {
        this.drawing.invalidate();
        this.watch();
      },
      history: this.history,
      save: (state) => this.host.saveState(state),
      looks: () => this.palette.save(),
      restoreLooks: (looks) => this.palette.restore(looks),
    });
    this.views = new Views({
      read: () => this.host.readViews(),
      write: (views) => this.host.writeViews(views),
      now: () => ({ state: this.state, view: this.view }),
      show: (state, view) => void this.showView(state, view),
      onNews: () => this.emit('state'),
    });
    this.catalogue = new Catalogue({
      emit: this.emit,
      onRuns: () => this.drawing.invalidate(),
      onRemoved: (run) => {
        this.feed.forget(run);
        this.names.forget(run);
      },
      onRow: (run) => {
        keepValues(run, this.runs.get(run.id));
        this.names.attach(run);
      },
      drawn: () =>
        new Set([...this.drawn.map(({ id }) => id), ...pageRuns(this.state.page), this.bestOf.best?.run ?? '']),
    });
    this.loader = new Loader({
      host: this.host,
      catalogue: this.catalogue,
      selection: this.selection,
      connection: this.connection,
      metrics: () => this.asked.list,
      curves: () => this.firstCurves(),
      onLoaded: (curves) => {
        this.feed.invalidate();
        if (curves) this.expect(curves);
        this.readFirst();
        void idle().then(() => this.bestOf.show(this.state.experiment));
        this.pages.refresh();
        this.watching.forget();
        this.watch();
      },
      onRows: () => {
        this.drawing.invalidate();
        this.watch();
      },
      fail: (doing, error) => this.fail(doing, error),
    });
    this.bestOf = new BestOfExperiment({
      ask: async (experiment) => (await this.host.request('best/of', { experiment })).best,
      onNews: () => void this.readBest(),
      onError: (error) => this.fail(l10n.t('Reading the best run'), error),
    });
    document.addEventListener('visibilitychange', () =>
      this.connection.set({ visible: document.visibilityState !== 'hidden' }),
    );
    setInterval(() => this.tick(), 1000);
    setInterval(() => void this.loader.devices(), DEVICES_INTERVAL);
    this.host.ready();
  }

  /** Tells a chart which metrics have new points. `isLast`: these are the last of many that were read in parts. */
  onMetrics(tell: (metrics: ReadonlySet<string>, isLast: boolean) => void): () => void {
    this.metricListeners.add(tell);
    return () => this.metricListeners.delete(tell);
  }

  // ---- the person's choices ----

  setState(change: Partial<PanelState>, ...topics: Topic[]): void {
    this.selection.setState(change, ...topics);
  }
  setView(change: Partial<ViewSettings>): void {
    this.selection.setView(change);
    if (DRAWING.some((key) => key in change)) {
      this.drawing.invalidate();
      this.emit('runs');
    }
    if (change.draw) void this.loader.rank().then(() => this.drawingChanged());
  }
  toggle(list: 'hidden' | 'pinned', id: string): void {
    this.selection.toggle(list, id);
  }
  highlight(id: string | null): void {
    this.selection.highlight(id);
  }

  /** Draws only these runs (pinned ones stay); null draws the newest. */
  async select(ids: readonly string[] | null): Promise<void> {
    this.setState({ selected: ids ? [...ids] : null, hidden: [] }, 'runs');
    await this.loader.missing();
  }

  async openExperiment(experiment: string): Promise<void> {
    const isOther = experiment !== this.state.experiment;
    this.switchTo(experiment, this.catalogue.fileOf(experiment) ?? null);
    const own = isOther ? this.views.defaultOf(experiment) : undefined;
    if (own) this.views.show(own);
    await this.refresh();
  }

  /** Shows a saved view. */
  private async showView(state: Partial<PanelState>, view: Partial<ViewSettings>): Promise<void> {
    const { experiment } = state;
    this.selection.together(() => {
      if (typeof experiment === 'string') this.switchTo(experiment, this.catalogue.fileOf(experiment) ?? null);
      this.setState(state, 'runs', 'searches');
      this.setView(view);
    });
    await this.refresh();
  }

  /** Opens a file's form, and with it the file's experiment everywhere else. */
  async openFile(file: string): Promise<void> {
    this.setState({ file });
    await this.readForm();
    if (this.form?.file !== file || this.form.name === this.state.experiment) return;
    this.switchTo(this.form.name, file);
    await this.refresh();
  }

  /** Selects an experiment with its file. Selections within another experiment are dropped. */
  private switchTo(experiment: string, file: string | null): void {
    if (experiment === this.state.experiment) return this.setState({ file }, 'runs');
    // The first experiment that is known comes while a page may be open already.
    if (this.state.experiment === null) return this.setState({ experiment, file }, 'runs', 'searches');
    this.selection.together(() => {
      this.setState({ experiment, file, selected: null, hidden: [], page: null }, 'runs', 'searches');
      this.setView({ columns: null, zoom: {}, search: null, insightPair: null });
    });
  }

  // ---- reading ----

  refresh(): Promise<void> {
    return this.loader.refresh();
  }
  readForm(): Promise<void> {
    return this.loader.form();
  }
  take(runs: readonly Run[]): void {
    this.catalogue.take(runs);
  }
  takeSearch(search: Search): void {
    this.catalogue.takeSearches([search]);
  }
  remove(ids: readonly string[]): void {
    this.catalogue.remove(ids);
  }

  /** Curves of the objective, whose card comes first; null: no card is shown, or of other runs than the newest. */
  private firstCurves(): FirstCurves | null {
    const { tab, page, selected } = this.state;
    const { count } = this.view.draw;
    if (tab !== 'charts' || page !== null || selected !== null || count > MOST_FIRST_CURVES) return null;
    return { runs: count, x: readAxis(this.view.x), points: pointsOfEach(undefined, count) };
  }

  /** Curves that are on their way are not asked for again. */
  private expect({ asked: { x, points, runs: count }, series }: ComingCurves): void {
    const metric = this.objective;
    if (metric === undefined) return;
    const first = this.drawn.filter((run) => hasMetric(run, metric)).slice(-count);
    const want = { metric, runs: first.map(({ id }) => id), x, range: null, points };
    this.feed.expect(want, series);
  }

  private get objective(): string | undefined {
    return this.drawn.find(({ objective }) => objective)?.objective?.metric;
  }

  /** Asks for those curves of the objective that have not come with the rows, before its card is rendered. */
  private readFirst(): void {
    if (this.state.tab !== 'charts' || this.state.page !== null) return;
    const metric = this.objective;
    if (metric === undefined) return;
    const runs = this.shown.filter((run) => hasMetric(run, metric)).map(({ id }) => id);
    const x = readAxis(this.view.x);
    this.feed.want(this, { metric, runs, x, range: null, points: pointsOfEach(undefined, runs.length) });
    this.feed.atOnce();
    this.feed.release(this);
  }

  // ---- messages ----

  private receive(message: Exclude<ToPanel, { type: 'reply' }>): void {
    const { visible } = this.connection.state;
    switch (message.type) {
      case 'init':
        this.connection.set({ trusted: message.trusted });
        this.catalogue.setFiles(message.files);
        this.selection.restore(message.state);
        void this.begin(message.state.experiment === null);
        break;
      case 'changed':
        if (visible) this.changed(message.params);
        break;
      case 'seriesChanged':
        if (visible) this.feed.grown(message.params.runs);
        break;
      case 'form':
        if (message.form.file === this.state.file) this.catalogue.setForm(message.form);
        break;
      case 'files':
        this.catalogue.setFiles(message.files);
        if (!this.state.file && this.files[0]) void this.openFile(this.files[0].file);
        break;
      case 'show':
        void this.show(message);
        break;
      case 'connection':
        this.connection.set({ connected: message.connected, message: message.message ?? '' });
        break;
      case 'visibility':
        this.connection.set({ visible: message.visible });
        break;
    }
  }

  /** Reads the data to show; an experiment that is opened for the first time shows its default view. */
  private async begin(isFirst: boolean): Promise<void> {
    await Promise.all([this.refresh(), this.views.load()]);
    const own = isFirst ? this.views.defaultOf(this.state.experiment) : undefined;
    if (own) this.views.show(own);
  }

  private changed(params: Extract<ToPanel, { type: 'changed' }>['params']): void {
    for (const run of params.runs) {
      const before = this.runs.get(run.id);
      if (before && isLive(before) && !isLive(run)) this.announcer.runEnded(run);
    }
    const mine = params.runs.filter((run) => run.experiment === this.state.experiment || this.runs.has(run.id));
    const fresh = mine.some((run) => !this.runs.has(run.id));
    this.catalogue.take(mine);
    this.catalogue.remove(params.removedRuns);
    const searches = params.searches.filter(({ experiment }) => experiment === this.state.experiment);
    // Shows a search that has just started.
    const begun = searches.findLast(({ id, status }) => !this.searches.has(id) && status === 'running');
    this.catalogue.takeSearches(searches, params.removedSearches);
    if (begun) this.setView({ search: begun.id });
    if (fresh || params.runs.some((run) => !this.experiments.some(({ name }) => name === run.experiment))) {
      void this.readExperiments();
    }
    this.bestOf.changed(params.runs, params.removedRuns);
    if (mine.length > 0) this.loader.rankSoon(() => this.drawingChanged());
    this.pages.update(params.runs);
    this.emit('table');
    if (params.runs.length > 0 || params.removedRuns.length > 0)
      this.pages.refreshSoon(() => this.connection.state.visible && this.state.tab === 'table');
    this.watch();
  }

  private drawingChanged(): void {
    this.drawing.invalidate();
    this.emit('runs');
    this.watch();
  }

  /** The best run may be an old one, whose row is not here. */
  private async readBest(): Promise<void> {
    const id = this.bestOf.best?.run;
    if (id !== undefined && !this.runs.has(id)) {
      try {
        const metrics = this.asked.list;
        this.catalogue.take((await this.host.request('runs/list', { ids: [id], limit: 1, metrics })).runs);
      } catch (error) {
        this.fail(l10n.t('Reading the best run'), error);
      }
    }
    this.emit('runs');
  }

  private async readExperiments(): Promise<void> {
    const newest = await this.loader.experiments();
    if (this.state.experiment === null && newest !== null) await this.openExperiment(newest);
  }

  private async show(message: Extract<ToPanel, { type: 'show' }>): Promise<void> {
    const { experiment, file, runs, tab, page } = message;
    if (experiment !== undefined) this.switchTo(experiment, file ?? this.catalogue.fileOf(experiment) ?? null);
    const change: Partial<PanelState> = {
      ...(tab && { tab }),
      ...(page && { page }),
      ...(runs !== undefined && { selected: runs, hidden: [] }),
    };
    this.setState(change, 'runs');
    if (file !== undefined) await this.openFile(file);
    await this.refresh();
  }

  private connectionChanged(now: ConnectionState, before: ConnectionState): void {
    this.emit('state');
    if (now.visible !== before.visible) this.feed.setActive(now.visible);
    if (now.visible && !before.visible) void this.refresh();
    else if (now.connected && !before.connected) {
      this.watching.forget();
      void this.refresh();
    } else this.watch();
  }

  private tick(): void {
    if (this.connection.state.visible && [...this.runs.values()].some(isLive)) this.emit('clock');
  }

  /** Subscribes to the points of the drawn live runs; to none while hidden. */
  private watch(): void {
    const { groupBy, colorBy, dashBy } = this.view;
    this.asked.addFields([...groupBy, colorBy, dashBy]);
    const paged = pageRuns(this.state.page).flatMap((id) => this.runs.get(id) ?? []);
    const seen = this.connection.state.visible && this.loaded ? [...new Set([...this.drawn, ...paged])] : [];
    this.watching.only(
      seen.filter(isLive).map((run) => run.id),
      this.asked.list,
    );
    if (seen.length > 0) void this.names.read(() => this.drawn);
  }

  private askedTimer: ReturnType<typeof setTimeout> | null = null;
  /** Reads rows again once all views have said what they show. */
  private readAsked(): void {
    this.askedTimer ??= setTimeout(() => {
      this.askedTimer = null;
      if (!this.loaded) return;
      this.watch();
      void this.loader.again();
      this.pages.refresh();
    }, 20);
  }

  /** Tells the person what went wrong and what to do. */
  fail(doing: string, error: unknown): void {
    showFailure(this.toasts, this.host, doing, error);
  }
}
