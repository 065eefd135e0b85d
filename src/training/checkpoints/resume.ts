/** Training checkpoints: a folder with the state as JSON and all vectors in safetensors files. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadWeights, saveWeights } from './checkpoint.js';
import type { ConstraintState } from '../constrained/index.js';
import { TrainingError, saidOf } from '../errors.js';
import type { TrainingState } from '../loop/types.js';
import type { NamedValues } from '../loop/weights.js';
import { readReal } from '../../files/real.js';
import { said } from '../../format/said.js';

const VERSION = 1;
const FILES = {
  state: 'training.json',
  weights: 'weights.safetensors',
  memory: 'optimizer.safetensors',
  best: 'best.safetensors',
};

export async function saveState(folder: string, state: TrainingState): Promise<void> {
  const { weights, stepper, earlyStopping, ...plain } = state;
  const { vectors, steps } = stepper.optimizer;
  const memory = Object.entries({ ...vectors, ...(stepper.average && { average: stepper.average }) });
  await saveWeights(join(folder, FILES.weights), weights, {});
  await saveWeights(
    join(folder, FILES.memory),
    memory.map(([name, values]) => ({ name, shape: [values.length], values })),
    {},
  );
  if (earlyStopping?.weights) await saveWeights(join(folder, FILES.best), earlyStopping.weights, {});
  const stopping = earlyStopping && { ...earlyStopping, weights: earlyStopping.weights !== null };
  await writeFile(
    join(folder, FILES.state),
    JSON.stringify({ version: VERSION, steps, constraints: stepper.constraints, ...plain, earlyStopping: stopping }),
  );
}

/** Loads the state. Throws TrainingError when the folder holds no training checkpoint. */
export async function loadState(folder: string): Promise<TrainingState> {
  try {
    const written = JSON.parse(readReal(join(folder, FILES.state))) as Record<string, unknown>;
    if (written.version !== VERSION) throw new Error(`it is of version ${String(written.version)}`);
    const {
      steps,
      earlyStopping,
      // Constraints were added to the format later.
      constraints = [],
      ...plain
    } = written as unknown as Omit<TrainingState, 'weights' | 'stepper'> & {
      steps: number;
      constraints?: ConstraintState[];
      earlyStopping: { weights: unknown } | null;
    };
    const memory = await loadWeights(join(folder, FILES.memory));
    const vectors = Object.fromEntries(memory.map(({ name, values }) => [name, values]));
    const { average = null, ...rest } = vectors as Record<string, Float32Array> & { average?: Float32Array };
    const best = earlyStopping?.weights ? await loadWeights(join(folder, FILES.best)) : null;
    return {
      ...plain,
      weights: (await loadWeights(join(folder, FILES.weights))) satisfies NamedValues[],
      stepper: { optimizer: { steps, vectors: rest }, average, constraints },
      earlyStopping: earlyStopping && ({ ...earlyStopping, weights: best } as TrainingState['earlyStopping']),
    };
  } catch (error) {
    throw new TrainingError(said("the checkpoint in {0} can't be read: {1}", folder, saidOf(error)));
  }
}
