import type { StoreApi } from '../store/api.js';
import type { ActiveRuns } from './runs/life/activeRuns.js';
import type { Environments } from './disk/environments.js';
import type { Clusters } from './executors/clusters.js';
import type { Changes } from './server/changes.js';
import type { Devices } from './machine/devices.js';
import type { HandRuns } from './runs/handStarted/handRuns.js';
import type { Insights } from './searches/insight/insights.js';
import type { Log } from './disk/log.js';
import type { RunFolders } from './runs/making/folders.js';
import type { RunMaker } from './runs/making/maker.js';
import type { Packer } from './runs/packing/packer.js';
import type { Scheduler } from './executors/scheduler.js';
import type { SearchFolders } from './searches/folders.js';
import type { Searches } from './searches/searches.js';
import type { Trouble } from './disk/trouble.js';

/** The engine's parts, as `engine.ts` puts them together; handlers take the ones they need. */
export interface EngineParts {
  store: StoreApi;
  folders: RunFolders;
  searchFolders: SearchFolders;
  environments: Environments;
  devices: Devices;
  scheduler: Scheduler;
  changes: Changes;
  clusters: Clusters;
  active: ActiveRuns;
  hand: HandRuns;
  maker: RunMaker;
  packer: Packer;
  searches: Searches;
  insights: Insights;
  log: Log;
  trouble: Trouble;
}
