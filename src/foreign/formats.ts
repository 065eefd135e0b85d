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

/** The runs in the logs below a folder, or in a single file; `cut`: the folder has more than is looked at. */
export function findRuns(root: string, limits = USUAL_LIMITS): { runs: FoundRun[]; cut: boolean } {
  const { listings, cut } = fs.lstatSync(root).isFile() ? alone(root) : walk(root, limits);
  return { runs: FORMATS.flatMap((format) => format.find(listings)), cut };
}

function alone(file: string): ReturnType<typeof walk> {
  const listing = { path: path.dirname(file), relative: '', files: [path.basename(file)], folders: [] };
  return { listings: [listing], cut: false };
}

export function titleOf(id: FoundRun['format']): string {
  return FORMATS.find((format) => format.id === id)?.title ?? id;
}
