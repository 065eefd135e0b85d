import type { RunSpec } from '../../protocol/runFolder.js';
import type { Frame } from '../../protocol/supervisor.js';
import type { IngestResult } from '../../store/api.js';
import type { Keeper } from './keeper.js';
import type { JournalIntake } from './liveRun.js';

/** Takes a run's journal into the store and tells whoever wants to know of it. */
export function takeIn(keeper: Keeper, spec: RunSpec): JournalIntake {
  const { store, trouble } = keeper.options;
  return {
    frame: (frame: Frame) => {
      const result = store.ingest.frame(spec.id, frame.file, frame.offset, Buffer.from(frame.data ?? ''));
      if (result) tell(keeper, spec, result);
      return result !== null && frame.data !== undefined;
    },
    poll: (final: boolean) => {
      const results = store.ingest.pollAll(spec.id, { final });
      for (const result of results) tell(keeper, spec, result);
      const grew = results.some(({ records }) => records > 0);
      // A look that found nothing wrote nothing, so it says nothing about the disk.
      if (grew) trouble.over();
      return { more: results.at(-1)?.more ?? false, grew };
    },
  };
}

function tell({ options, listener }: Keeper, spec: RunSpec, result: IngestResult): void {
  const { changes, log, store } = options;
  for (const [metric, count] of result.metrics) changes.seriesChanged(spec.id, metric, count);
  for (const warning of result.warnings) log.warn(`run ${spec.id}: ${warning}`);
  if (result.runChanged || result.points > 0) changes.runChanged(spec.id);
  if (result.objective.length === 0 || spec.search === null || !listener) return;
  const run = store.runs.get(spec.id);
  if (run) listener.objective(run, spec.search, result.objective);
}
