/**
 * The TypeScript run client, with which a training program records metrics and receives the person's requests.
 *
 *   const run = connectRun();
 *   run.log({ loss }, { step });
 */
import { liveRun, silentRun } from './live.js';
import type { RunClient } from './run.js';

export type { Disposable, FinishStatus, RunClient, StopReason, Trial } from './run.js';
export { RunParams } from './params.js';

// Held on the global object, so that two bundled copies of this module share one journal.
const KEY = Symbol.for('tunesmith.run');
type Holder = { [KEY]?: RunClient };

/**
 * The run of this process; the same object at every call. A process that Tunesmith did not start gets a client that
 * does nothing, so a script runs unchanged by itself.
 */
export function connectRun(): RunClient {
  const holder = globalThis as Holder;
  return (holder[KEY] ??= liveRun((run) => (holder[KEY] = run)) ?? silentRun());
}
