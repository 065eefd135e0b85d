import type { StoreApi } from '../store/api.js';
import type { ActiveRuns } from './activeRuns.js';
import type { Changes } from './changes.js';
import type { Devices } from './devices.js';
import type { Insights } from './insight/insights.js';
import type { Log } from './log.js';
import type { RunFolders } from './runFolders.js';
import type { RunMaker } from './runMaker.js';
import type { Scheduler } from './scheduler.js';
import type { Searches } from './searches.js';
import type { Trouble } from './trouble.js';

/** The engine's parts, as `engine.ts` puts them together; handlers take the ones they need. */
export interface EngineParts {
  store: StoreApi;
  folders: RunFolders;
  devices: Devices;
  scheduler: Scheduler;
  changes: Changes;
  active: ActiveRuns;
  maker: RunMaker;
  searches: Searches;
  insights: Insights;
  log: Log;
  trouble: Trouble;
}
