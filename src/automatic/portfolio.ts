/** Networks that are tried first for a table: they are good on many, and differ enough to be good together. */
import type { EngineConnection } from '../engine/clients/index.js';
import { allows, toSpace, type Experiment } from '../experiment/index.js';
import type { Search } from '../protocol/engine/index.js';
import type { Params } from '../protocol/values/index.js';
import { hasEntry } from '../protocol/values/records.js';

const PLAIN: Params = { skip: false, norm: 'none', optimizer: 'adamw', schedule: 'cosine', mixup: 0, squash: false };
const PORTFOLIO: readonly Params[] = [
  // A linear model.
  { depth: 0, width: 64, activation: 'relu', dropout: 0, learning_rate: 0.01, weight_decay: 0.01, batch_size: 32 },
  // One wide layer.
  { depth: 1, width: 128, activation: 'relu', dropout: 0, learning_rate: 0.003, weight_decay: 0.001, batch_size: 32 },
  // A deeper one for larger tables, about as in Holzmüller et al., "Better by Default", NeurIPS 2024.
  { depth: 3, width: 256, activation: 'silu', dropout: 0.15, learning_rate: 0.003, weight_decay: 0.02, batch_size: 64 },
  // A small smooth one for noisy targets.
  { depth: 1, width: 32, activation: 'tanh', dropout: 0.2, learning_rate: 0.005, weight_decay: 0.1, batch_size: 16 },
];

/**
 * Puts them before the search's own suggestions, if it is a search over a table with its usual parameters and not of a
 * given number of networks, which they would exceed. Sets outside of a narrowed space, or that constraints of the
 * experiment forbid, are left out.
 */
export async function enqueuePortfolio(
  engine: Pick<EngineConnection, 'request'>,
  search: Search,
  experiment: Experiment,
): Promise<void> {
  if (search.trials !== null) return;
  const names = Object.keys(search.space);
  const all = PORTFOLIO.map((params) => ({ ...PLAIN, ...params }));
  const isUsual = names.length === Object.keys(all[0]!).length && names.every((name) => hasEntry(all[0]!, name));
  if (!isUsual) return;
  const space = toSpace(experiment);
  for (const params of all) {
    // The values that a person enqueues count for more than constraints; these are nobody's.
    if (!allows(space, params)) continue;
    try {
      await engine.request('searches/enqueue', { id: search.id, params });
    } catch {
      // It is outside of the space, or a search of a few seconds has ended meanwhile: the search goes on without it.
    }
  }
}
