/** The spec of a run's next launch. */
import { launchNumber } from '../../../protocol/run/runFiles.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import { shownOf, type Environments } from '../../disk/environments.js';
import type { Log } from '../../disk/log.js';
import type { RunFolders } from '../making/folders.js';

interface Parts {
  folders: RunFolders;
  environments: Environments;
  log: Log;
}

/**
 * Returns the spec of a launch that resumes from the run's newest checkpoint, or from a copy of the newest one of run `from`.
 * Without a checkpoint it begins again. `until`: the step after which its search wants it to pause. Writes nothing.
 */
export function nextLaunch(
  spec: RunSpec,
  { from, until }: { from: string | null; until: number | undefined },
  { folders, environments, log }: Parts,
): RunSpec {
  const { id } = spec;
  const checkpoint = from === null ? folders.checkpoint(id) : null;
  if (from === null && !folders.isResumable(id)) log.warn(`run ${id}: it has no usable checkpoint, so it begins again`);
  return {
    ...spec,
    ...(spec.origin && { origin: { ...spec.origin, env: shownOf(environments.of(id, spec.search)) } }),
    launch: {
      number: launchNumber(spec) + 1,
      at: Date.now(),
      checkpoint,
      ...(from !== null && { from }),
      ...(until !== undefined && { until }),
    },
  };
}
