/** The searches of the workspace: starting, steering, taking up after a restart. */
import type { Run, Search } from '../../protocol/engine/index.js';
import type { Params } from '../../protocol/values/index.js';
import type { RunListener } from '../runs/life/activeRuns.js';
import { earlierTrials, SIMILAR } from './earlierTrials.js';
import { similarSearches } from './similarSearches.js';
import { loadExperiment } from '../runs/making/experiments.js';
import { placeOrRefuse, refuseBeyondHost } from '../executors/placing.js';
import { newId } from '../runs/making/ids.js';
import type { Environment } from '../disk/environments.js';
import { conflict, notFound } from '../server/requestError.js';
import { newSeed } from '../runs/making/maker.js';
import { changeOf, type ChangeSearchRequest } from './change.js';
import type { SearchDriver } from './driver/index.js';
import type { Phase } from './driver/state.js';
import { Drivers, type DriversOptions } from './drivers.js';
import { named, objectiveOf, type SearchPlan } from './plan.js';
import { needOf, studyOptions, withRequest, type StartSearchRequest } from './starting.js';
import { statusText } from '../../format/statuses.js';
import { l10n } from '../../format/l10n.js';

export class Searches implements RunListener {
  private readonly drivers: Drivers;
  /** Searches being resumed: until that has ended, no other request may resume them. */
  private readonly loading = new Set<string>();
  /** The last change of each search that is not done yet. */
  private readonly changing = new Map<string, Promise<Search>>();

  constructor(private readonly options: DriversOptions) {
    this.drivers = new Drivers(options);
  }

  /** It is not over. */
  has(id: string): boolean {
    return this.drivers.has(id);
  }

  /** Ids of the searches that are not over and are driven here. */
  driven(): string[] {
    return [...this.drivers.values()].filter(({ phase }) => phase !== 'ended').map(({ id }) => id);
  }

  /** Searches with something to do; excludes paused ones whose trials have ended. */
  get count(): number {
    let count = 0;
    for (const driver of this.drivers.values()) if (driver.phase !== 'paused' || driver.liveCount > 0) count++;
    return count;
  }

  async start(request: StartSearchRequest, environment: Environment | null): Promise<Search> {
    const { store, scheduler, changes, maker, environments, log, sending, clusters } = this.options;
    const loaded = await loadExperiment(request.file, request.text);
    if (request.capture) loaded.capture = request.capture;
    const { workspace, distFolder: dist } = this.options;
    await placeOrRefuse(loaded, request.place, { workspace, dist, env: environment ?? process.env });
    await sending.require(loaded.cluster, request.send);
    await refuseBeyondHost(loaded, clusters, environment ?? process.env);
    const experiment = withRequest(loaded, request);
    const settings = experiment.search!;
    const plan: SearchPlan = {
      version: 1,
      experiment,
      seed: request.seed ?? settings.seed ?? newSeed(),
      parallel: settings.parallel,
      python: request.python ?? null,
      since: Date.now(),
    };
    const capacity = scheduler.capacity(needOf(experiment, (environment ?? process.env).CUDA_VISIBLE_DEVICES));
    const isSimilar = settings.warmStart?.from.includes(SIMILAR) ?? false;
    const similar = isSimilar ? similarSearches(store, experiment, request.data) : { ids: [], note: null };
    const study = await this.drivers.open(plan, () => ({
      options: studyOptions(plan, capacity, similar.note),
      earlier: earlierTrials(store, experiment, similar.ids),
    }));
    const { reason, size } = study.opened;
    const id = newId();
    try {
      const saved = await study.thread.call('save', {});
      // Reads the commit first, so that the trials have it.
      await maker.repositories.of(experiment.file.replace(/[\\/][^\\/]*$/, ''));
      environments.keep(id, environment);
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
          parallel: plan.parallel === 'auto' ? capacity : plan.parallel,
          objective: objectiveOf(experiment),
          space: settings.space,
          createdAt: Date.now(),
          plan,
        });
        store.searches.saveStudy(id, saved.text);
      });
    } catch (error) {
      study.thread.dispose();
      environments.forget(id);
      throw error;
    }
    log.info(`search ${id}: starts (${size ?? 'unlimited'} trials)`);
    const driver = this.drivers.make(this.row(id), plan, study, { name: 'running' }, false);
    changes.searchChanged(id);
    driver.go();
    this.fit(driver);
    return this.row(id);
  }

  /** Resumes every open search after a restart. Runs must have been adopted before. */
  async takeUp(): Promise<void> {
    const { store, active, log, trouble, searchFolders } = this.options;
    const takeUp = async (search: Search): Promise<void> => {
      try {
        const driver = await this.drivers.load(search, phaseOf(search), false);
        log.info(`search ${search.id}: taken up (${search.status})`);
        driver.go();
        this.fit(driver);
      } catch (error) {
        log.error(`search ${search.id} can't be resumed`, error);
        this.drivers.delete(search.id);
        const message = `It could not be resumed after a restart: ${error instanceof Error ? error.message : String(error)}`;
        trouble.attempt(
          () => void store.searches.update(search.id, { status: 'failed', error: message, endedAt: Date.now() }),
        );
        // Nothing else would adopt them before the search is resumed.
        for (const run of store.searches.trials(search.id)) if (active.isSuspended(run.id)) active.stop(run.id, 'stop');
      }
    };
    // The others run on another host, or a folder claims so: they are shown, but never driven.
    const open = store.searches
      .list({ status: ['running', 'paused', 'stopping'] })
      .filter(({ id }) => searchFolders.isAsked(id) === 'yes');
    await Promise.all(open.map((search) => this.whileLoading(search.id, () => takeUp(search))));
  }

  /** An SSH host has said what it has: the searches there learn how many trials it works on at once. */
  hostKnown(): void {
    for (const driver of this.drivers.values()) this.fit(driver);
  }

  stop(id: string): void {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const driver = this.drivers.get(id);
    if (!driver || driver.phase === 'ended')
      throw conflict(l10n.t('The search {0} is already {1}.', search.name, statusText(search.status)));
    driver.stop();
  }

  pause(id: string): void {
    const search = this.row(id);
    const driver = this.drivers.get(id);
    if (driver?.phase !== 'running')
      throw conflict(l10n.t("The search {0} is {1}: it can't be paused.", search.name, statusText(search.status)));
    driver.pause();
  }

  async enqueue(id: string, params: Params): Promise<Search> {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const driver = this.drivers.get(id);
    if (driver?.phase !== 'running' && driver?.phase !== 'paused') {
      const advice =
        search.status === 'completed' || search.status === 'stopping'
          ? l10n.t('Start a new one')
          : l10n.t('Resume it first');
      throw conflict(
        l10n.t(
          'The search {0} is {1}: it accepts no more values. {2}.',
          search.name,
          statusText(search.status),
          advice,
        ),
      );
    }
    await driver.enqueue(params);
    return this.row(id);
  }

  /**
   * Reopens an ended search. If that is refused, the search stays as it was. Changes are made one after the other,
   * because each starts from the result of the previous one.
   */
  async change(request: ChangeSearchRequest, environment: Environment | null): Promise<Search> {
    const { id } = request;
    const before = this.changing.get(id);
    const now = (): Promise<Search> => this.changeNow(request, environment);
    const change = before ? before.then(noop, noop).then(now) : now();
    this.changing.set(id, change);
    try {
      return await change;
    } finally {
      if (this.changing.get(id) === change) this.changing.delete(id);
    }
  }

  private async changeNow({ id, ...request }: ChangeSearchRequest, environment: Environment | null): Promise<Search> {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const open = this.drivers.get(id);
    if (open && open.phase !== 'running' && open.phase !== 'paused') {
      throw conflict(l10n.t('The search {0} is {1}: change it once that is done.', search.name, open.phase));
    }
    if (open) await open.change(await changeOf(open.plan, search, request));
    else {
      await this.whileLoading(id, async () => {
        const change = await changeOf(this.drivers.planOf(search), search, request);
        await this.inEnvironment(id, environment, () => this.takeUpAgain(search, (again) => again.change(change)));
      });
    }
    return this.row(id);
  }

  /** Its trials get this environment from now on; null: they keep their former one. */
  async resume(id: string, environment: Environment | null): Promise<void> {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const driver = this.drivers.get(id);
    if (driver) {
      if (driver.phase !== 'paused')
        throw conflict(
          l10n.t('The search {0} is {1}: there is nothing to resume.', search.name, statusText(search.status)),
        );
      return this.inEnvironment(id, environment, () => driver.resume());
    }
    if (search.status === 'completed')
      throw conflict(l10n.t('The search {0} is complete: it has no trials left.', search.name));
    await this.whileLoading(id, () => this.inEnvironment(id, environment, () => this.takeUpAgain(search)));
  }

  /**
   * Repeats failed and stopped trials, all of them or the given ones, and reopens an ended search for that. Returns
   * their numbers; refused if there are none. Its trials get this environment from now on, unless it is null.
   */
  async retry(id: string, trials: readonly number[] | undefined, environment: Environment | null): Promise<number[]> {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    const open = this.drivers.get(id);
    if (open && open.phase !== 'running' && open.phase !== 'paused') {
      throw conflict(l10n.t('The search {0} is {1}: try again when that is done.', search.name, open.phase));
    }
    let retried: number[] = [];
    const retry = async (driver: SearchDriver): Promise<void> => {
      retried = await driver.retry(trials);
      if (retried.length > 0) return;
      const which = trials ? `trial ${trials.join(', ')} ` : 'trial ';
      throw conflict(l10n.t('The search {0} has no {1}that failed or was stopped.', search.name, which));
    };
    const all = (): Promise<void> =>
      open ? retry(open) : this.whileLoading(id, () => this.takeUpAgain(search, retry));
    await this.inEnvironment(id, environment, all);
    return retried;
  }

  delete(id: string): void {
    const search = this.row(id);
    this.refuseWhileLoading(search);
    if (this.drivers.has(id))
      throw conflict(l10n.t('The search {0} is {1}. Stop it first.', search.name, statusText(search.status)));
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

  objective(run: Pick<Run, 'id' | 'trial'>, search: string, points: { step: number; value: number }[]): void {
    this.drivers.get(search)?.objective(run, points);
    this.options.changes.searchChanged(search);
  }

  ended(run: Run): void {
    if (run.search === null) return;
    this.drivers.get(run.search)?.runEnded(run);
    this.options.changes.searchChanged(run.search);
  }

  released(search: string): void {
    this.options.changes.searchChanged(search);
  }

  async close(): Promise<void> {
    await Promise.all([...this.drivers.values()].map((driver) => driver.dispose()));
  }

  /** Resumes an ended search once `prepare` is done; if that is refused, the search stays unchanged. */
  private async takeUpAgain(search: Search, prepare?: (driver: SearchDriver) => Promise<void>): Promise<void> {
    const again = await this.drivers.load(search, { name: 'running' }, true);
    try {
      await prepare?.(again);
    } catch (error) {
      await again.dispose();
      this.drivers.delete(search.id);
      throw error;
    }
    again.go();
    this.fit(again);
  }

  /** Refused, the search keeps the environment that it had. */
  private async inEnvironment(
    id: string,
    environment: Environment | null,
    work: () => Promise<void> | void,
  ): Promise<void> {
    const { environments, trouble } = this.options;
    if (!environment) return work();
    const before = environments.file(id) === null ? null : environments.of(id);
    environments.keep(id, environment);
    try {
      await work();
    } catch (error) {
      trouble.attempt(() => environments.keep(id, before));
      throw error;
    }
  }

  private async whileLoading(id: string, work: () => Promise<void>): Promise<void> {
    this.loading.add(id);
    try {
      await work();
    } finally {
      this.loading.delete(id);
    }
  }

  /** The host may have said what it has before the search began, or only later. */
  private fit(driver: SearchDriver): void {
    const { need } = driver;
    const workers = need.host ? this.options.clusters.hostCapacity(need.host, need) : null;
    if (workers !== null) void driver.fit(workers);
  }

  private refuseWhileLoading({ id, name }: Search): void {
    if (this.loading.has(id))
      throw conflict(l10n.t('The search {0} is just being resumed. Try again in a moment.', name));
  }
}

/** Returns the phase in which an earlier engine left a search. */
function phaseOf({ status, error }: Search): Phase {
  if (status === 'stopping') return { name: 'stopping', ending: error === null ? 'stopped' : 'failed' };
  return { name: status === 'paused' ? 'paused' : 'running' };
}

const noop = (): void => undefined;
