import type { RunToCompare } from '../../../src/format/runDiff.js';
import type { PanelModel } from '../panel.js';

const NOTHING = { code: null, environment: null, data: null };

/** Reads the data for a comparison. Data that a run does not have is left empty. */
export async function readCompared(model: Pick<PanelModel, 'host'>, ids: readonly string[]): Promise<RunToCompare[]> {
  const { host } = model;
  return Promise.all(
    ids.map(async (id) => {
      const run = await host.request('runs/get', { id });
      if (run.foreign) return { run, recorded: NOTHING, changes: null };
      const recorded = await host.request('runs/recorded', { id });
      const changes = recorded.code?.diff ? (await host.request('runs/code', { id })).changes : null;
      return { run, recorded, changes };
    }),
  );
}
