/** The architecture of a run: searched at its first launch, and remembered for the others. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunClient } from '../../client/index.js';
import type { Layer, Network } from '../../experiment/network/index.js';
import { readReal, STATE_LIMIT } from '../../files/real.js';
import { writeWhole } from '../../files/whole.js';
import type { Dataset } from '../data/types.js';
import { Pace } from '../loop/pace.js';
import { searchArchitecture } from './search.js';

const FILE = 'architecture.json';

/**
 * Returns the layers that were chosen; null when a stop was requested. An interrupted search restarts, with
 * the same random numbers; one that was finished is not done again.
 */
export async function architectureOf(
  run: RunClient,
  network: Network,
  dataset: Dataset,
  seed: number,
): Promise<Layer[] | null> {
  const settings = network.architecture!;
  const file = run.enabled ? join(run.folder, FILE) : null;
  const known = JSON.stringify(settings);
  if (file !== null && existsSync(file)) {
    const kept = JSON.parse(readReal(file, STATE_LIMIT)) as { settings: string; layers: Layer[] };
    if (kept.settings === known) return kept.layers;
  }
  const pace = new Pace(run, settings.epochs);
  const found = await searchArchitecture({
    ...{ network, settings, dataset, seed, log: run },
    pause: () => pace.pause(),
  });
  if (!found) return null;
  for (const { level, text } of found.said) {
    run.message(level, text);
    console.log(text);
  }
  console.log(`layers:\n${found.layers.map((layer) => `  - ${JSON.stringify(layer)}`).join('\n')}`);
  if (file !== null) await writeWhole(file, JSON.stringify({ settings: known, layers: found.layers }));
  return found.layers;
}
