import type { Device, Experiment, Run, Search } from '../../src/protocol/engine.js';
import type { FileForm, PanelState, ToPanel } from '../../src/protocol/panel.js';
import { Host, RequestError } from '../host.js';
import { Announcer, Toasts } from './toasts.js';
import { bestRun, drawnRuns, NEWEST } from './runs/drawn.js';
import { SeriesFeed } from './charts/feed.js';
import { labels, type Label } from './runs/naming.js';
import { Palette } from './runs/palette.js';
import { RunPages } from './table/pages.js';
import { Signal, type Topic } from './signal.js';
import { isLive } from './values.js';
import { emptyState, readView, type ViewSettings } from './view.js';

/** Wait after the last change before the state is handed to the host to keep. */
const SAVE_DELAY = 300;
const DEVICES_INTERVAL = 5000;
/** Rows kept besides those drawn and live. */
const SPARE_RUNS = 2000;

/** Everything the panel knows, and what it asks and tells the host. Views read it and follow its topics. */
export class PanelModel {
  readonly signal = new Signal();
  readonly host: Host;
  readonly toasts: Toasts;
  readonly announcer: Announcer;
  readonly feed: SeriesFeed;
  readonly pages: RunPages;
  readonly palette = new Palette();

  state: PanelState = emptyState();
  view: ViewSettings = readView({});
  experiments: Experiment[] = [];
  readonly runs = new Map<string, Run>();
  readonly searches = new Map<string, Search>();
  devices: Device[] = [];
  files: { file: string; name: string }[] = [];
  form: FileForm | null = null;
  connected = true;
  connectionMessage = '';
  trusted = true;
  /** Counts the snapshots, for views that read rows of their own. */
  snapshot = 0;
  /** False until the first snapshot is there. */
  loaded = false;
  /** The run whose curve is brought forward. */
  highlighted: string | null = null;

  private visible = document.visibilityState !== 'hidden';
  private saving: ReturnType<typeof setTimeout> | null = null;
  private drawnCache: { runs: Run[]; labels: Map<string, Label>; best: Run | null } | null = null;
  private watched = '';
  private tableTimer: ReturnType<typeof setTimeout> | null = null;
  private refreshing = 0;
  private readonly metricListeners = new Set<(metrics: ReadonlySet<string>) => void>();

  constructor() {
    this.host = new Host((message) => this.receive(message));
    this.toasts = new Toasts(() => this.signal.emit('toasts'));
    this.announcer = new Announcer(() => this.signal.emit('toasts'));
    const list = (params: Parameters<RunPages['setQuery']>[0]) => this.host.request('runs/list', params);
    this.feed = new SeriesFeed(
      (params) => this.host.request('series/read', params),
      (metrics) => this.metricListeners.forEach((tell) => tell(metrics)),
      (error) => this.fail('Reading the curves', error),
    );
    this.pages = new RunPages(
      list,
      () => this.signal.emit('table'),
      (error) => this.fail('Reading the runs', error),
    );
    document.addEventListener('visibilitychange', () => this.setVisible(document.visibilityState !== 'hidden'));
    setInterval(() => this.tick(), 1000);
    setInterval(() => void this.readDevices(), DEVICES_INTERVAL);
    this.host.ready();
  }

  /** Tells a chart which metrics have new points. */
  onMetrics(tell: (metrics: ReadonlySet<string>) => void): () => void {
    this.metricListeners.add(tell);
    return () => this.metricListeners.delete(tell);
  }

  // ---- what is drawn ----

  private drawing() {
    if (!this.drawnCache) {
      const runs = drawnRuns(this.runs.values(), this.state);
      const ids = [...runs].sort((a, b) => a.createdAt - b.createdAt).map((run) => run.id);
      if (this.palette.assign(ids) && ids.length > 0) {
        this.view = { ...this.view, looks: this.palette.save() };
        this.save();
      }
      this.drawnCache = { runs, labels: labels(runs), best: bestRun(runs) };
    }
    return this.drawnCache;
  }
  get drawn(): readonly Run[] {
    return this.drawing().runs;
  }
  get best(): Run | null {
    return this.drawing().best;
  }
  label(run: Run): Label {
    return this.drawing().labels.get(run.id) ?? { text: run.name, parts: [], ambiguous: false };
  }
  isHidden(id: string): boolean {
    return this.state.hidden.includes(id);
  }
  /** Drawn and not hidden. */
  get shown(): Run[] {
    return this.drawn.filter((run) => !this.isHidden(run.id));
  }

  // ---- what the person looks at ----

  setState(change: Partial<PanelState>, ...topics: Topic[]): void {
    this.state = { ...this.state, ...change };
    this.drawnCache = null;
    this.signal.emit('state', ...topics);
    this.save();
    this.watch();
  }

  setView(change: Partial<ViewSettings>): void {
    this.view = { ...this.view, ...change };
    this.signal.emit('view');
    this.save();
  }

  toggle(list: 'hidden' | 'pinned', id: string): void {
    const ids = this.state[list];
    this.setState({ [list]: ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id] }, 'runs');
  }

  /** Draws these runs and no others (the pinned stay). */
  async select(ids: readonly string[] | null): Promise<void> {
    this.setState({ selected: ids ? [...ids] : null, hidden: [] }, 'runs');
    await this.loadMissing();
  }

  highlight(id: string | null): void {
    if (this.highlighted === id) return;
    this.highlighted = id;
    this.signal.emit('highlight');
  }

  async openExperiment(experiment: string): Promise<void> {
    const file = this.files.find((candidate) => candidate.name === experiment)?.file ?? this.state.file;
    this.setState({ experiment, file, selected: null, hidden: [] }, 'runs', 'searches');
    this.setView({ columns: null, zoom: {}, search: null, insightPair: null });
    await this.refresh();
  }

  async openFile(file: string): Promise<void> {
    this.setState({ file });
    await this.readForm();
  }

  // ---- reading ----

  /** A fresh snapshot of everything on the screen. */
  async refresh(): Promise<void> {
    const turn = ++this.refreshing;
    try {
      const { experiments } = await this.host.request('experiments/list', {});
      if (turn !== this.refreshing) return;
      this.experiments = experiments.sort((a, b) => b.lastActivity - a.lastActivity);
      const known = this.experiments.some((experiment) => experiment.name === this.state.experiment);
      if (!known && this.experiments[0] && !this.state.selected) {
        this.setState({ experiment: this.experiments[0].name });
      }
      const experiment = this.state.experiment;
      if (experiment !== null) {
        const [{ runs }, { searches }] = await Promise.all([
          this.host.request('runs/list', { experiment, limit: NEWEST + 10 }),
          this.host.request('searches/list', { experiment }),
        ]);
        if (turn !== this.refreshing) return;
        this.take(runs);
        this.searches.clear();
        for (const search of searches) this.searches.set(search.id, search);
      }
      await this.loadMissing();
      if (turn !== this.refreshing) return;
      this.state.file ??=
        this.files.find((candidate) => candidate.name === experiment)?.file ?? this.files[0]?.file ?? null;
      this.loaded = true;
      this.snapshot++;
      this.connected = true;
      this.connectionMessage = '';
      this.signal.emit('experiments', 'runs', 'searches', 'state');
      this.feed.invalidate();
      this.pages.refresh();
      this.watched = '';
      this.watch();
      void this.readDevices();
      if (this.state.file && this.form?.file !== this.state.file) void this.readForm();
    } catch (error) {
      if (turn !== this.refreshing) return;
      this.loaded = true;
      this.signal.emit('experiments', 'runs', 'state');
      this.fail('Reading the experiments', error);
    }
  }

  async readForm(): Promise<void> {
    const file = this.state.file;
    if (!file) return;
    try {
      const form = await this.host.openForm(file);
      if (file === this.state.file) this.form = form;
      this.signal.emit('form');
    } catch (error) {
      this.fail('Reading the experiment file', error);
    }
  }

  /** Chosen, pinned and live trials' rows that the newest do not include. */
  private async loadMissing(): Promise<void> {
    const ids = [...(this.state.selected ?? []), ...this.state.pinned].filter((id) => !this.runs.has(id));
    if (ids.length === 0) return;
    const { runs } = await this.host.request('runs/list', { ids, limit: Math.min(10_000, ids.length) });
    this.take(runs);
    // Deleted meanwhile: not to be asked for again and again.
    const gone = new Set(ids.filter((id) => !this.runs.has(id)));
    if (gone.size > 0) {
      this.state.selected = this.state.selected?.filter((id) => !gone.has(id)) ?? null;
      if (this.state.selected?.length === 0) this.state.selected = null;
      this.state.pinned = this.state.pinned.filter((id) => !gone.has(id));
      this.drawnCache = null;
    }
    this.watch();
  }

  private async readDevices(): Promise<void> {
    if (!this.visible || !this.connected || !this.loaded) return;
    try {
      this.devices = (await this.host.request('devices/list', {})).devices;
      this.signal.emit('devices');
    } catch {
      // The line is left as it was: devices are a comfort, and a lost connection is told of elsewhere.
    }
  }

  take(runs: readonly Run[]): void {
    for (const run of runs) {
      if (run.deletedAt !== null) this.remove([run.id]);
      else this.runs.set(run.id, run);
    }
    this.drawnCache = null;
    this.trim();
    this.signal.emit('runs');
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.runs.delete(id);
      this.feed.forget(id);
    }
    this.drawnCache = null;
    this.signal.emit('runs');
  }

  /** Ten thousand trials may pass by; what is neither drawn nor live nor recent goes. */
  private trim(): void {
    if (this.runs.size <= SPARE_RUNS * 2) return;
    const drawn = new Set(this.drawn.map((run) => run.id));
    const spare = [...this.runs.values()]
      .filter((run) => !drawn.has(run.id) && !isLive(run))
      .sort((a, b) => a.createdAt - b.createdAt);
    for (const run of spare.slice(0, Math.max(0, spare.length - SPARE_RUNS))) this.runs.delete(run.id);
  }

  // ---- messages ----

  private receive(message: Exclude<ToPanel, { type: 'reply' }>): void {
    switch (message.type) {
      case 'init':
        this.state = { ...emptyState(), ...message.state };
        this.view = readView(this.state.view);
        this.palette.restore(this.view.looks);
        this.files = message.files;
        this.trusted = message.trusted;
        this.drawnCache = null;
        this.signal.emit('state', 'view');
        void this.refresh();
        break;
      case 'changed':
        if (this.visible) this.changed(message.params);
        break;
      case 'seriesChanged':
        if (this.visible) this.feed.grown(message.params.runs);
        break;
      case 'form':
        if (message.form.file === this.state.file) {
          this.form = message.form;
          this.signal.emit('form');
        }
        break;
      case 'files':
        this.files = message.files;
        if (!this.state.file && this.files[0]) void this.openFile(this.files[0].file);
        this.signal.emit('state');
        break;
      case 'show':
        void this.show(message);
        break;
      case 'connection':
        this.connection(message.connected, message.message ?? '');
        break;
      case 'visibility':
        this.setVisible(message.visible);
        break;
    }
  }

  private changed(params: Extract<ToPanel, { type: 'changed' }>['params']): void {
    for (const run of params.runs) {
      const before = this.runs.get(run.id);
      if (before && isLive(before) && !isLive(run)) this.announcer.runEnded(run);
    }
    const mine = params.runs.filter((run) => run.experiment === this.state.experiment || this.runs.has(run.id));
    const fresh = mine.some((run) => !this.runs.has(run.id));
    this.take(mine);
    this.remove(params.removedRuns);
    for (const search of params.searches) {
      if (search.experiment !== this.state.experiment) continue;
      // A search that has just begun is what the person wants to see.
      if (!this.searches.has(search.id) && search.status === 'running') this.view.search = search.id;
      this.searches.set(search.id, search);
    }
    for (const id of params.removedSearches) this.searches.delete(id);
    if (params.searches.length > 0 || params.removedSearches.length > 0) this.signal.emit('searches');
    if (fresh || params.runs.some((run) => !this.experiments.some((known) => known.name === run.experiment))) {
      void this.readExperiments();
    }
    this.pages.update(params.runs);
    this.signal.emit('table');
    if (params.runs.length > 0 || params.removedRuns.length > 0) this.refreshTableSoon();
    this.watch();
  }

  private async readExperiments(): Promise<void> {
    try {
      const { experiments } = await this.host.request('experiments/list', {});
      this.experiments = experiments.sort((a, b) => b.lastActivity - a.lastActivity);
      if (this.state.experiment === null && this.experiments[0]) await this.openExperiment(this.experiments[0].name);
      this.signal.emit('experiments');
    } catch {
      // The list is read again with the next run; what is shown stays true.
    }
  }

  /** The order of the table may have changed; not worth more than one reading a second. */
  private refreshTableSoon(): void {
    if (this.tableTimer !== null || this.state.tab !== 'table') return;
    this.tableTimer = setTimeout(() => {
      this.tableTimer = null;
      if (this.visible && this.state.tab === 'table') this.pages.refresh();
    }, 1000);
  }

  private async show(message: Extract<ToPanel, { type: 'show' }>): Promise<void> {
    const change: Partial<PanelState> = {};
    const other = message.experiment !== undefined && message.experiment !== this.state.experiment;
    if (message.experiment !== undefined) change.experiment = message.experiment;
    if (other) change.hidden = [];
    if (message.runs !== undefined) Object.assign(change, { selected: message.runs, hidden: [] });
    else if (other) change.selected = null;
    if (message.tab) change.tab = message.tab;
    if (message.file) change.file = message.file;
    this.setState(change, 'runs');
    await this.refresh();
    if (message.file) await this.readForm();
  }

  private connection(connected: boolean, message: string): void {
    const back = connected && !this.connected;
    this.connected = connected;
    this.connectionMessage = message;
    this.signal.emit('state');
    if (back) {
      this.watched = '';
      void this.refresh();
    }
  }

  private setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    this.feed.setActive(visible);
    if (visible) void this.refresh();
    else this.watch();
  }

  private tick(): void {
    if (this.visible && [...this.runs.values()].some(isLive)) this.signal.emit('clock');
  }

  /** Asks for news of the points of the runs that are drawn and live; of none while hidden. */
  private watch(): void {
    const runs = this.visible && this.loaded ? this.drawn.filter(isLive).map((run) => run.id) : [];
    const key = runs.join();
    if (key === this.watched) return;
    this.watched = key;
    this.host.request('watch', { runs }).catch(() => {
      this.watched = '';
    });
  }

  private save(): void {
    if (this.saving !== null) clearTimeout(this.saving);
    this.saving = setTimeout(() => {
      this.saving = null;
      this.host.saveState({ ...this.state, view: { ...this.view } });
    }, SAVE_DELAY);
  }

  /** Tells the person what went wrong and what to do. */
  fail(doing: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const problem = error instanceof RequestError ? error.problems[0] : undefined;
    const action = problem
      ? {
          label: `Open line ${problem.line}`,
          run: () => this.host.command('tunesmith.file.open', problem.file, problem.line, problem.column),
        }
      : undefined;
    const detail = problem ? `${problem.message}${problem.hint ? ` (${problem.hint})` : ''}` : message;
    this.toasts.add({ kind: 'error', text: `${doing} failed: ${detail}`, action });
  }
}
