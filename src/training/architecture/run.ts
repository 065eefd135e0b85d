/** The architecture of a run: searched at its first launch, and remembered for the others. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunClient } from '../../client/index.js';
import type { Layer, Network } from '../../experiment/network/index.js';
import { readReal, STATE_LIMIT } from '../../files/real.js';
import { writeWhole } from '../../files/whole.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import type { Dataset } from '../data/types.js';
import { Pace } from '../loop/pace.js';
import { Keeper } from './keeper.js';
import { searchArchitecture } from './search.js';
import { inEnglish } from '../../format/said.js';

/**
 * Returns the layers that were chosen; null when a stop was requested. An interrupted search resumes after its last saved
 * epoch; one that was finished is not done again.
 */
export async function architectureOf(
  run: RunClient,
  network: Network,
  dataset: Dataset,
  seed: number,
): Promise<Layer[] | null> {
  const settings = network.architecture!;
  const file = run.enabled ? join(run.folder, RUN_FILES.architecture) : null;
  const known = JSON.stringify(settings);
  if (file !== null && existsSync(file)) {
    const kept = JSON.parse(readReal(file, STATE_LIMIT)) as { settings: string; layers: Layer[] };
    if (kept.settings === known) return kept.layers;
  }
  const pace = new Pace(run, settings.epochs);
  const identity = JSON.stringify({ settings, seed, batchSize: network.batchSize, loss: network.loss });
  const keeper = file === null ? null : new Keeper(join(run.folder, RUN_FILES.architectureState), identity);
  const found = await searchArchitecture({
    ...{ network, settings, dataset, seed, keeper, log: run },
    pause: () => pace.pause(),
  });
  if (!found) return null;
  for (const { level, text } of found.news) {
    run.message(level, text);
    console.log(inEnglish(text));
  }
  console.log(`layers:\n${found.layers.map((layer) => `  - ${JSON.stringify(layer)}`).join('\n')}`);
  if (file !== null) {
    await writeWhole(file, JSON.stringify({ settings: known, layers: found.layers }));
    await rm(join(run.folder, RUN_FILES.architectureState), { force: true });
  }
  return found.layers;
}
