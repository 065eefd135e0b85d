/** The drivers of the searches that are not over. */
import * as path from 'node:path';
import { ErrorCode, type Search } from '../../protocol/engine/index.js';
import { SearchError } from '../../search/errors.js';
import type { SearchPatch, StoreApi } from '../../store/api.js';
import type { Environments } from '../disk/environments.js';
import type { Log } from '../disk/log.js';
import type { Trouble } from '../disk/trouble.js';
import type { Clusters } from '../executors/clusters.js';
import type { Sending } from '../executors/sending.js';
import type { Scheduler } from '../executors/scheduler.js';
import type { ActiveRuns } from '../runs/life/activeRuns.js';
import type { RunMaker } from '../runs/making/maker.js';
import type { Changes } from '../server/changes.js';
import { conflict, RequestError } from '../server/requestError.js';
import { SearchDriver } from './driver/index.js';
import type { SearchFolders } from './folders.js';
import type { Phase } from './driver/state.js';
import { isSearchPlan, type SearchPlan } from './plan.js';
import type { StudyOpened, StudyStart, StudyState } from './study/messages.js';
import { StudyThread } from './study/studyThread.js';
import { l10n } from '../../format/l10n.js';

export interface DriversOptions {
  store: StoreApi;
  active: ActiveRuns;
  maker: RunMaker;
  searchFolders: Pick<SearchFolders, 'isAsked'>;
  environments: Environments;
  scheduler: Scheduler;
  changes: Changes;
  log: Log;
  trouble: Trouble;
  sending: Sending;
  clusters: Clusters;
  distFolder: string;
  /** Its real path. */
  workspace: string;
}

export interface OpenStudy {
  thread: StudyThread;
  opened: StudyOpened;
}

export class Drivers extends Map<string, SearchDriver> {
  constructor(private readonly options: DriversOptions) {
    super();
  }

  /** Opens the study in a separate thread. Throws RequestError if the plan can't be searched. */
  async open(plan: SearchPlan, start: () => StudyStart): Promise<OpenStudy> {
    try {
      const folder = path.dirname(plan.experiment.file);
      return await StudyThread.open(this.options.distFolder, { ...start(), folder });
    } catch (error) {
      if (!(error instanceof SearchError)) throw error;
      throw new RequestError(ErrorCode.invalidFile, `${plan.experiment.file}: ${error.message}`, []);
    }
  }

  /** Returns the plan of a stored search. Throws a conflict if another version of Tunesmith wrote it. */
  planOf({ id, name }: Search): SearchPlan {
    const plan = this.options.store.searches.plan(id);
    if (isSearchPlan(plan)) return plan;
    throw conflict(l10n.t("The search {0} was made by another version of Tunesmith and can't be resumed.", name));
  }

  /** Makes the driver of a stored search from its plan and its study as last saved. It begins with `go`. */
  async load(search: Search, phase: Phase, resumed: boolean): Promise<SearchDriver> {
    const plan = this.planOf(search);
    const saved = this.options.store.searches.loadStudy(search.id) as StudyState;
    return this.make(search, plan, await this.open(plan, () => ({ saved })), phase, resumed);
  }

  /** Creates the driver of a search, which removes itself when the search ends. Start it with `go`. */
  make(
    { id, reason, error }: Search,
    plan: SearchPlan,
    study: OpenStudy,
    phase: Phase,
    resumed: boolean,
  ): SearchDriver {
    const { store, changes, environments, trouble } = this.options;
    const driver = new SearchDriver(
      {
        ...this.options,
        id,
        plan,
        study,
        reason,
        error,
        update: (patch: SearchPatch) => {
          if (Object.keys(patch).length > 0) trouble.attempt(() => void store.searches.update(id, patch));
          changes.searchChanged(id);
        },
        ended: () => {
          this.delete(id);
          trouble.attempt(() => environments.forget(id));
        },
      },
      phase,
      resumed,
    );
    this.set(id, driver);
    return driver;
  }
}
