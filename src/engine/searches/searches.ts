/** The searches of the workspace: starting, steering, taking up after a restart. */
import { toSpace, type Experiment } from '../../experiment/index.js';
import { ErrorCode, type Run, type Search } from '../../protocol/engine.js';
import { SearchError } from '../../search/errors.js';
import type { Params } from '../../protocol/values.js';
import type { StudyOptions } from '../../search/types.js';
import type { SearchPatch, StoreApi } from '../../store/api.js';
import type { ActiveRuns, RunListener } from '../runs/activeRuns.js';
import type { Changes } from '../server/changes.js';
import { earlierTrials } from './earlierTrials.js';
import { loadExperiment } from '../runs/experiments.js';
import { newId } from '../runs/ids.js';
import type { Log } from '../disk/log.js';
import { conflict, invalidFile, notFound, RequestError } from '../server/requestError.js';
import { newSeed, type RunMaker } from '../runs/maker.js';
import type { Scheduler } from '../executors/scheduler.js';
import { changeOf, type ChangeSearchRequest } from './change.js';
import { SearchDriver } from './driver.js';
import { isSearchPlan, named, objectiveOf, objectivesOf, type SearchPlan } from './plan.js';
import type { StudyOpened, StudyStart, StudyState } from './study/messages.js';
import { StudyThread } from './study/studyThread.js';
import type { Trouble } from '../disk/trouble.js';
import { entryOf, hasEntry } from '../../protocol/records.js';

export interface SearchesOptions {
  store: StoreApi;
  active: ActiveRuns;
  maker: RunMaker;
  scheduler: Scheduler;
  changes: Changes;
  log: Log;
  trouble: Trouble;
  distFolder: string;
}

export interface StartSearchRequest {
  file: string;
  text?: string;
  name?: string;
  seed?: number;
  python?: string;
  trials?: number;
  parallel?: number;
  space?: Record<string, unknown>;
}

export class Searches implements RunListener {
  private readonly drivers = new Map<string, SearchDriver>();
  /** Being taken up again: until that is done, nobody else may. */
  private readonly loading = new Set<string>();
  /** The last change of each search that is not done yet. */
  private readonly changing = new Map<string, Promise<Search>>();

  constructor(private readonly options: SearchesOptions) {}

  /** Searches with something to do; a paused one whose trials are over has not. */
  get count(): number {
    let count = 0;
    for (const driver of this.drivers.values()) if (driver.phase !== 'paused' || driver.liveCount > 0) count++;
    return count;
  }

  async start(request: StartSearchRequest): Promise<Search> {
    const { store, scheduler, changes, maker, log } = this.options;
    const loaded = await loadExperiment(request.file, request.text);
    const experiment = withRequest(loaded, request);
    const settings = experiment.search!;
    const plan: SearchPlan = {
      version: 1,
      experiment,
      seed: request.seed ?? settings.seed ?? newSeed(),
      parallel: settings.parallel,
      python: request.python ?? null,
    };
    const study = await this.open(plan, () => ({
      options: studyOptions(plan, request.space, scheduler.capacity(needOf(experiment))),
      earlier: earlierTrials(store, experiment),
    }));
    const { reason, size } = study.opened;
    const id = newId();
    try {
      const saved = await study.thread.call('save', {});
      // So that the trials know their commit.
      await maker.gitOf(experiment.file.replace(/[\\/][^\\/]*$/, ''));
      const count = store.searches.list({ experiment: experiment.name }).length;
      store.batch(() => {
        store.searches.insert({
          id,
          experiment: experiment.name,
          file: experiment.file,
          name: request.name ?? `${experiment.name} search ${count + 1}`,
          status: 'running',
          sampler: named(settings.sampler)!,
          pruner: named(settings.pruner),
          reason,
          trials: size,
          parallel: plan.parallel === 'auto' ? scheduler.capacity(needOf(experiment)) : plan.parallel,
          objective: objectiveOf(experiment),
          space: request.space ?? settings.space,
          createdAt: Date.now(),
          plan,
        });
        store.searches.saveStudy(id, saved.text);
      });
    } catch (error) {
      study.thread.dispose();
      throw error;
    }
    log.info(`search ${id}: starts (${size ?? 'unlimited'} trials)`);
    const driver = this.driver(this.row(id), plan, study, 'running');
    changes.searchChanged(id);
    driver.go();
    return this.row(id);
  }

  /** After a restart: every search that was not over goes on. Runs must have been adopted before. */
  async takeUp(): Promise<void> {
    const { store, active, log, trouble } = this.options;
    const takeUp = async (search: Search): Promise<void> => {
      try {
        const phase = search.status === 'stopping' ? (search.error ? 'failing' : 'stopping') : search.status;
        const driver = await this.load(search, phase as 'running' | 'paused' | 'stopping' | 'failing');
        driver.reconcile(false);
        log.info(`search ${search.id}: taken up (${search.status})`);
        driver.go();
      } catch (error) {
        log.error(`search ${search.id} can't go on`, error);
        this.drivers.delete(search.id);
        const message = `It could not go on after a restart: ${error instanceof Error ? error.message : String(error)}`;
        trouble.attempt(
          () => void store.searches.update(search.id, { status: 'failed', error: message, endedAt: Date.now() }),
        );
        // Nobody is left who would take them up again before the search is resumed.
        for (const run of store.searches.trials(search.id)) if (active.isSuspended(run.id)) active.stop(run.id, 'stop');
      }
    };
    const open = store.searches.list({ status: ['running', 'paused', 'stopping'] });
    await Promise.all(open.map((search) => this.whileLoading(search.id, () => takeUp(search))));
  }

  stop(id: string): void {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const driver = this.drivers.get(id);
    if (!driver || driver.phase === 'ended') throw conflict(`The search ${search.name} is ${search.status} already.`);
    driver.stop();
  }

  pause(id: string): void {
    const search = this.row(id);
    const driver = this.drivers.get(id);
    if (driver?.phase !== 'running')
      throw conflict(`The search ${search.name} is ${search.status}: it can't be paused.`);
    driver.pause();
  }

  async enqueue(id: string, params: Params): Promise<Search> {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const driver = this.drivers.get(id);
    if (driver?.phase !== 'running' && driver?.phase !== 'paused') {
      const advice =
        search.status === 'completed' || search.status === 'stopping' ? 'Start a new one' : 'Resume it first';
      throw conflict(`The search ${search.name} is ${search.status}: it takes no more values. ${advice}.`);
    }
    await driver.enqueue(params);
    return this.row(id);
  }

  /**
   * A search that was over is taken up again. Refused, it stays as it was. One change after the other: each is made of
   * what the one before has left.
   */
  async change(request: ChangeSearchRequest): Promise<Search> {
    const { id } = request;
    const before = this.changing.get(id);
    const change = before ? before.then(noop, noop).then(() => this.changeNow(request)) : this.changeNow(request);
    this.changing.set(id, change);
    try {
      return await change;
    } finally {
      if (this.changing.get(id) === change) this.changing.delete(id);
    }
  }

  private async changeNow({ id, ...request }: ChangeSearchRequest): Promise<Search> {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const open = this.drivers.get(id);
    if (open && open.phase !== 'running' && open.phase !== 'paused') {
      throw conflict(`The search ${search.name} is ${open.phase}: change it when that is done.`);
    }
    if (open) await open.change(await changeOf(open.plan, search, request));
    else {
      await this.whileLoading(id, async () => {
        const change = await changeOf(this.planOf(search), search, request);
        const again = await this.load(search, 'paused');
        try {
          await again.change(change);
        } catch (error) {
          await again.dispose();
          this.drivers.delete(id);
          throw error;
        }
        again.reconcile(true);
        again.resume();
      });
    }
    return this.row(id);
  }

  async resume(id: string): Promise<void> {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const driver = this.drivers.get(id);
    if (driver) {
      if (driver.phase !== 'paused')
        throw conflict(`The search ${search.name} is ${search.status}: there is nothing to resume.`);
      return driver.resume();
    }
    if (search.status === 'completed') throw conflict(`The search ${search.name} is complete: it has no trials left.`);
    await this.whileLoading(id, async () => {
      const again = await this.load(search, 'running');
      again.reconcile(true);
      again.resume();
    });
  }

  delete(id: string): void {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    if (this.drivers.has(id)) throw conflict(`The search ${search.name} is ${search.status}. Stop it first.`);
    const { store, changes } = this.options;
    const trials = store.searches.trials(id);
    store.searches.delete(id);
    changes.searchRemoved(id);
    for (const run of trials) changes.runChanged(run.id);
  }

  row(id: string): Search {
    const search = this.options.store.searches.get(id);
    if (!search) throw notFound('search', id);
    return search;
  }

  objective(run: Run, search: string, points: { step: number; value: number }[]): void {
    this.drivers.get(search)?.objective(run, points);
    this.options.changes.searchChanged(search);
  }

  ended(run: Run): void {
    if (run.search === null) return;
    this.drivers.get(run.search)?.runEnded(run);
    this.options.changes.searchChanged(run.search);
  }

  released(search: string): void {
    this.drivers.get(search)?.settle();
    this.options.changes.searchChanged(search);
  }

  async close(): Promise<void> {
    await Promise.all([...this.drivers.values()].map((driver) => driver.dispose()));
  }

  private planOf({ id, name }: Search): SearchPlan {
    const plan = this.options.store.searches.plan(id);
    if (isSearchPlan(plan)) return plan;
    throw conflict(`The search ${name} was made by another version of Tunesmith and can't go on.`);
  }

  private async load(search: Search, phase: 'running' | 'paused' | 'stopping' | 'failing'): Promise<SearchDriver> {
    const { store } = this.options;
    const plan = this.planOf(search);
    const saved = store.searches.loadStudy(search.id) as StudyState;
    return this.driver(search, plan, await this.open(plan, () => ({ saved })), phase);
  }

  private async whileLoading(id: string, work: () => Promise<void>): Promise<void> {
    this.loading.add(id);
    try {
      await work();
    } finally {
      this.loading.delete(id);
    }
  }

  private refuseWhileLoading({ id, name }: Search): void {
    if (this.loading.has(id)) throw conflict(`The search ${name} is just being resumed. Try again in a moment.`);
  }

  private async open(plan: SearchPlan, start: () => StudyStart): Promise<{ thread: StudyThread; opened: StudyOpened }> {
    try {
      return await StudyThread.open(this.options.distFolder, start());
    } catch (error) {
      if (!(error instanceof SearchError)) throw error;
      throw new RequestError(ErrorCode.invalidFile, `${plan.experiment.file}: ${error.message}`, []);
    }
  }

  private driver(
    { id, reason, error }: Search,
    plan: SearchPlan,
    study: { thread: StudyThread; opened: StudyOpened },
    phase: 'running' | 'paused' | 'stopping' | 'failing',
  ): SearchDriver {
    const { store, changes, trouble } = this.options;
    const driver = new SearchDriver(
      {
        ...this.options,
        id,
        plan,
        study,
        reason,
        update: (patch: SearchPatch) => {
          if (Object.keys(patch).length > 0) trouble.attempt(() => void store.searches.update(id, patch));
          changes.searchChanged(id);
        },
        ended: () => this.drivers.delete(id),
      },
      phase,
      error,
    );
    this.drivers.set(id, driver);
    return driver;
  }
}

const noop = (): void => undefined;

/** The experiment with what the request lays over it; refuses one that can't be searched. */
function withRequest(experiment: Experiment, request: StartSearchRequest): Experiment {
  const missing = (message: string, hint: string): RequestError =>
    invalidFile([
      { file: experiment.file, line: 1, column: 1, endLine: 1, endColumn: 1, severity: 'error', message, hint },
    ]);
  const { search } = experiment;
  if (!search) throw missing('It has no "search" section', 'add one with a "space"');
  if (!experiment.objective) {
    throw missing('A search needs an "objective"', 'such as objective: { metric: val/accuracy, goal: maximize }');
  }
  // The very object that was parsed knows where in the file everything stands.
  if (request.trials === undefined && request.parallel === undefined && request.space === undefined) return experiment;
  return {
    ...experiment,
    search: {
      ...search,
      trials: request.trials ?? search.trials,
      parallel: request.parallel ?? search.parallel,
      space: request.space ?? search.space,
    },
  };
}

function needOf({ resources }: Experiment): { gpus: number; perGpu: number } {
  return { gpus: resources.gpus ?? 1, perGpu: resources.perGpu };
}

function studyOptions(plan: SearchPlan, space: Record<string, unknown> | undefined, capacity: number): StudyOptions {
  const { experiment } = plan;
  const settings = experiment.search!;
  return {
    space: toSpace(experiment, space),
    goals: objectivesOf(experiment).map(({ goal }) => goal),
    sampler: settings.sampler,
    pruner: settings.pruner,
    seed: plan.seed,
    trials: settings.trials,
    workers: plan.parallel === 'auto' ? capacity : plan.parallel,
    maxSteps: settings.maxSteps ?? epochsOf(experiment),
    checkpoints: settings.checkpoints,
    stages: settings.stages,
    ...(settings.warmStart && { warmStart: settings.warmStart }),
    repeat: settings.repeat,
    noise: settings.noise,
  };
}

/** How long the built-in trainer trains, where that is the same for all trials. */
function epochsOf({ program, search, params }: Experiment): number | null {
  if (program.kind !== 'network') return null;
  const written = (program.value as { epochs?: unknown } | null)?.epochs ?? 10;
  const name = typeof written === 'string' ? written.replace(/^\{|\}$/g, '') : null;
  const epochs = name === null ? written : hasEntry(search!.space, name) ? null : entryOf(params, name);
  return typeof epochs === 'number' ? epochs : null;
}
