/**
 * The runs of one folder, as far as the editor shows them. Requests pages from the engine when they are shown, and
 * updates them from its `changed` notifications; it never reads everything.
 */
import {
  LIVE_STATUSES,
  type Experiment,
  type NotificationParams,
  type RequestName,
  type RequestParams,
  type RequestResult,
  type Run,
  type RunStatus,
  type Search,
} from '../../protocol/engine/index.js';
import { Debounce, Disposables, Emitter } from '../events.js';
import { keyOf, newerFirst, RunList, type ListKey } from './runList.js';

/** The part of the engine link that the model needs. */
export interface Asks {
  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>>;
}

export interface ModelChange {
  /**
   * Everything has changed: after a new connection, with another filter, or when experiments appeared or disappeared.
   */
  experiments: boolean;
  /** Experiments whose counts changed. */
  counts: string[];
  /** Lists whose members changed. */
  lists: ListKey[];
  /** Experiments whose searches have changed. */
  searchLists: string[];
  runs: { before: Run | undefined; now: Run }[];
  searches: { before: Search | undefined; now: Search }[];
  /** Ids of runs that have become the best of their experiment, or no longer are. */
  bests: string[];
}

const PAGE = 50;
const isLive = (status: RunStatus) => LIVE_STATUSES.includes(status);

export class RunsModel {
  private readonly all = new Disposables();
  private readonly changes = this.all.add(new Emitter<ModelChange>());
  readonly onChange = this.changes.event;

  private experimentRows: Experiment[] | null = null;
  private readonly lists = new Map<string, RunList>();
  private readonly searchRows = new Map<string, Search>();
  private readonly searchesOf = new Set<string>();
  private readonly live = new Map<string, Run>();
  private readonly known = new Map<string, Run>();
  /** Id of the best run of each experiment that is shown; null: none has a value. */
  private readonly bests = new Map<string, string | null>();
  private readonly staleBests = new Set<string>();
  private readonly readBests = this.all.add(
    new Debounce(() => void this.loadBests().catch(() => undefined), 500, 1000),
  );
  private text = '';
  private readonly reload = this.all.add(new Debounce(() => void this.loadExperiments().catch(() => undefined), 300));

  constructor(private readonly engine: Asks) {}

  /** Reads everything shown again after each (re)connection. */
  async refresh(): Promise<void> {
    const lists = [...this.lists.values()];
    this.lists.clear();
    this.bests.clear();
    const experiments = [...this.searchesOf];
    await Promise.all([
      this.fetchLive(),
      this.fetchExperiments(),
      ...experiments.map((experiment) => this.fetchSearches(experiment)),
    ]);
    await Promise.all(lists.filter((list) => list.loaded).map((list) => this.list(list.key)));
    this.fire({ experiments: true });
  }

  get experiments(): readonly Experiment[] {
    return this.experimentRows ?? [];
  }

  get loaded(): boolean {
    return this.experimentRows !== null;
  }

  get liveRuns(): readonly Run[] {
    return [...this.live.values()].sort(newerFirst);
  }

  liveIn(experiment: string): number {
    let count = 0;
    for (const run of this.live.values()) if (run.experiment === experiment) count++;
    return count;
  }

  get searches(): readonly Search[] {
    return [...this.searchRows.values()].sort(newerFirst);
  }

  run(id: string): Run | undefined {
    return this.known.get(id);
  }

  search(id: string): Search | undefined {
    return this.searchRows.get(id);
  }

  get filter(): string {
    return this.text;
  }

  setFilter(text: string): void {
    this.text = text.trim();
    this.lists.clear();
    this.fire({ experiments: true });
  }

  /** True if it is the best of its experiment, as the store says. */
  isBest(run: Run): boolean {
    return this.bests.get(run.experiment) === run.id;
  }

  /** Searches of an experiment, newest first. */
  async searchesIn(experiment: string): Promise<Search[]> {
    if (!this.searchesOf.has(experiment)) await this.fetchSearches(experiment);
    return this.searches.filter((search) => search.experiment === experiment);
  }

  /** The first page of a list, or all loaded pages. */
  async list(key: ListKey): Promise<RunList> {
    let list = this.lists.get(keyOf(key));
    if (list?.loaded) return list;
    list ??= new RunList(key);
    this.lists.set(keyOf(key), list);
    await Promise.all([this.fetch(list, 0), this.bests.has(key.experiment) || this.fetchBest(key.experiment)]);
    return list;
  }

  /** Runs of a pipeline's stages so far, in the order of its stages. */
  async stagesOf(pipeline: string): Promise<Run[]> {
    const { stages } = await this.engine.request('pipelines/get', { id: pipeline });
    const ids = stages.flatMap(({ run }) => run ?? []);
    if (ids.length === 0) return [];
    const { runs } = await this.engine.request('runs/list', { ids, limit: ids.length });
    for (const run of runs) this.known.set(run.id, run);
    return runs.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  }

  /** Loads the next page. */
  async more(key: ListKey): Promise<void> {
    const list = await this.list(key);
    if (list.left === 0) return;
    await this.fetch(list, list.runs.length);
    this.fire({ lists: [key] });
  }

  /** The engine's `changed`. */
  apply(params: NotificationParams<'changed'>): void {
    const change = empty();
    for (const run of params.runs) this.applyRun(run, change);
    for (const search of params.searches) {
      const before = this.searchRows.get(search.id);
      this.searchRows.set(search.id, search);
      change.searches.push({ before, now: search });
      if (!before) change.searchLists.push(search.experiment);
    }
    for (const id of params.removedRuns) this.removeRun(id, change);
    for (const { experiment, objective } of params.runs) if (objective) this.staleBests.add(experiment);
    for (const [experiment, best] of this.bests)
      if (best !== null && params.removedRuns.includes(best)) this.staleBests.add(experiment);
    if (this.staleBests.size > 0) this.readBests.schedule();
    for (const id of params.removedSearches) {
      const before = this.searchRows.get(id);
      if (this.searchRows.delete(id) && before) change.searchLists.push(before.experiment);
    }
    const strangers = change.runs.some(({ before }) => !before) || change.searches.some(({ before }) => !before);
    if (strangers || params.removedRuns.length > 0 || params.removedSearches.length > 0) this.reload.schedule();
    this.changes.fire(change);
  }

  dispose(): void {
    this.all.dispose();
  }

  private applyRun(run: Run, change: ModelChange): void {
    const before = this.known.get(run.id);
    this.known.set(run.id, run);
    if (isLive(run.status) && run.deletedAt === null) this.live.set(run.id, run);
    else this.live.delete(run.id);
    change.runs.push({ before, now: run });
    const key = { experiment: run.experiment, search: run.search };
    const list = this.lists.get(keyOf(key));
    if (!list) return;
    // Only the engine knows whether a new run matches the filter.
    if (this.text && !list.runs.some(({ id }) => id === run.id)) return;
    if (list.update(run) === 'changed') change.lists.push(key);
  }

  private removeRun(id: string, change: ModelChange): void {
    this.live.delete(id);
    this.known.delete(id);
    for (const list of this.lists.values()) if (list.remove(id)) change.lists.push(list.key);
  }

  private async loadExperiments(): Promise<void> {
    const before = new Map(this.experiments.map((experiment) => [experiment.name, experiment.runs]));
    await this.fetchExperiments();
    const { experiments } = this;
    const same = experiments.length === before.size && experiments.every(({ name }) => before.has(name));
    if (!same) return this.fire({ experiments: true });
    const counts = experiments.filter(({ name, runs }) => before.get(name) !== runs).map(({ name }) => name);
    if (counts.length > 0) this.fire({ counts });
  }

  /** Applied as soon as it arrives: a `changed` that arrives while other answers are awaited is newer. */
  private async fetchLive(): Promise<void> {
    const { runs } = await this.engine.request('runs/list', { status: [...LIVE_STATUSES], limit: 2000 });
    this.live.clear();
    for (const run of runs) {
      this.live.set(run.id, run);
      this.known.set(run.id, run);
    }
  }

  private async fetchExperiments(): Promise<void> {
    this.experimentRows = (await this.engine.request('experiments/list', {})).experiments;
  }

  private async fetchBest(experiment: string): Promise<void> {
    const { best } = await this.engine.request('best/of', { experiment });
    this.bests.set(experiment, best?.run ?? null);
  }

  private async loadBests(): Promise<void> {
    const shown = [...this.staleBests].filter((experiment) => this.bests.has(experiment));
    this.staleBests.clear();
    const before = shown.map((experiment) => this.bests.get(experiment));
    await Promise.all(shown.map((experiment) => this.fetchBest(experiment)));
    const now = shown.map((experiment) => this.bests.get(experiment));
    const bests = shown
      .flatMap((_, i) => (before[i] === now[i] ? [] : [before[i], now[i]]))
      .filter((id) => typeof id === 'string');
    if (bests.length > 0) this.fire({ bests });
  }

  private async fetchSearches(experiment: string): Promise<void> {
    const { searches } = await this.engine.request('searches/list', { experiment });
    const present = new Set(searches.map(({ id }) => id));
    for (const [id, search] of this.searchRows)
      if (search.experiment === experiment && !present.has(id)) this.searchRows.delete(id);
    for (const search of searches) this.searchRows.set(search.id, search);
    this.searchesOf.add(experiment);
  }

  private async fetch(list: RunList, offset: number): Promise<void> {
    const { total, runs } = await this.engine.request('runs/list', {
      ...list.key,
      ...(this.text && { text: this.text }),
      offset,
      limit: PAGE,
    });
    for (const run of runs) this.known.set(run.id, run);
    list.page(offset, total, runs);
  }

  private fire(change: Partial<ModelChange>): void {
    this.changes.fire({ ...empty(), ...change });
  }
}

const empty = (): ModelChange => ({
  experiments: false,
  counts: [],
  lists: [],
  searchLists: [],
  runs: [],
  searches: [],
  bests: [],
});
