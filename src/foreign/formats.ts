import * as fs from 'node:fs';
import * as path from 'node:path';
import { dvc, dvclive } from './json/dvc.js';
import { transformers } from './json/transformers.js';
import { mlflow } from './mlflow/index.js';
import { optuna } from './optuna/index.js';
import { trackio } from './sqlite/trackio.js';
import { tables } from './tables/index.js';
import { wandb } from './wandb/index.js';
import { tensorboard } from './tensorboard/index.js';
import type { Format, FoundRun } from './types.js';
import { USUAL_LIMITS, walk } from './walk.js';

/** Earlier ones have a file or folder to themselves if several recognize it. */
export const FORMATS: readonly Format[] = [
  tensorboard,
  mlflow,
  wandb,
  tables,
  transformers,
  optuna,
  trackio,
  dvclive,
  dvc,
];

/**
 * Returns the runs in the logs below a folder, or those that a single file is part of; `cut`: the folder has more than
 * the limit.
 */
export function findRuns(root: string, limits = USUAL_LIMITS): { runs: FoundRun[]; cut: boolean } {
  const isFile = fs.lstatSync(root).isFile();
  // Files next to it, such as hyperparameters, belong to its run.
  const { listings, cut } = walk(isFile ? path.dirname(root) : root, isFile ? { ...limits, depth: 0 } : limits);
  const runs = FORMATS.flatMap((format) => format.find(listings));
  return isFile
    ? { runs: runs.filter((run) => run.path === root || run.files.includes(root)), cut: false }
    : { runs, cut };
}

export function titleOf(id: FoundRun['format']): string {
  return FORMATS.find((format) => format.id === id)?.title ?? id;
}
