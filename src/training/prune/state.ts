/** Checkpoints of a pruning: its rounds as JSON beside the state of the training inside. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layer, Part } from '../../experiment/network/index.js';
import { readReal } from '../../files/real.js';
import { loadWeights, saveWeights } from '../checkpoints/checkpoint.js';
import { loadState, saveState } from '../checkpoints/resume.js';
import { TrainingError, saidOf } from '../errors.js';
import type { TrainingState } from '../loop/types.js';
import type { Cost } from './cost.js';
import type { Shape } from './shrink.js';
import { said } from '../../format/said.js';

const VERSION = 1;
const FILES = { state: 'pruning.json', former: 'former.safetensors' };

export interface PruningState {
  /** Current round; 0: the training before the first round. */
  round: number;
  /** Number of parts that could be removed at first, and that were. */
  total: number;
  done: number;
  /** Parts removed before this round. */
  formerDone: number;
  /** Steps and epochs of the finished rounds. */
  steps: number;
  epochs: number;
  /** Value before the first round. */
  baseline: number | null;
  /** Costs before the first round. */
  before: Cost | null;
  /** Layers of the network that is trained. */
  layers: Layer[];
  /** Its named parts. */
  parts: Part[];
  /** Latest network that satisfied the bound on accuracy, if there is such a bound. */
  former: (Shape & { parts: Part[] }) | null;
  training: TrainingState;
}

export async function savePruning(folder: string, state: PruningState): Promise<void> {
  const { training, former, ...plain } = state;
  await saveState(folder, training);
  if (former) await saveWeights(join(folder, FILES.former), former.weights, {});
  const written = {
    version: VERSION,
    ...plain,
    formerLayers: former?.layers ?? null,
    formerParts: former?.parts ?? [],
  };
  await writeFile(join(folder, FILES.state), JSON.stringify(written));
}

/** Loads the state. Throws TrainingError when the folder holds no checkpoint of a pruning. */
export async function loadPruning(folder: string): Promise<PruningState> {
  try {
    const written = JSON.parse(readReal(join(folder, FILES.state))) as Omit<PruningState, 'training' | 'former'> & {
      version: unknown;
      formerLayers: Layer[] | null;
      formerParts?: Part[];
    };
    if (written.version !== VERSION) throw new Error(`it is of version ${String(written.version)}`);
    // Parts were added to the format later.
    const { version: _, formerLayers, formerParts = [], ...plain } = { ...written, parts: written.parts ?? [] };
    const former = formerLayers && {
      layers: formerLayers,
      parts: formerParts,
      weights: await loadWeights(join(folder, FILES.former)),
    };
    return { ...plain, former, training: await loadState(folder) };
  } catch (error) {
    throw new TrainingError(said('the checkpoint in {0} does not belong to this pruning: {1}', folder, saidOf(error)));
  }
}
