/** Results of a finished stage: its metrics, the size of its network, and the files that it had to write. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { statReal } from '../files/real.js';
import type { RunDetail } from '../protocol/engine/index.js';
import type { StagePlan } from '../protocol/run/pipeline.js';
import { setEntry } from '../protocol/values/records.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';
import { fromWire } from '../protocol/values/index.js';

/** Most metrics of a stage that its pipeline has too. */
const MOST = 500;
/** Networks of the built-in trainer, in the folder of checkpoints. */
const MODELS = ['model.safetensors'];

export interface Results {
  /** Why the stage is not done although its run is; null: it is. */
  fault: string | null;
  /** Last values of its metrics, as the pipeline logs them: `stage/metric`. */
  metrics: Record<string, number>;
  /** Bytes of the network's file, or of the outputs; null: it has left neither. */
  bytes: number | null;
}

export function resultsOf({ name, outputs }: StagePlan, run: Pick<RunDetail, 'folder' | 'metrics'>): Results {
  const metrics: Record<string, number> = {};
  for (const [metric, { last, source }] of Object.entries(run.metrics).slice(0, MOST)) {
    if (source !== 'system') setEntry(metrics, `${name}/${metric}`, fromWire(last));
  }
  const left = outputs.map((output) => ({ output, bytes: sizeOf(run.folder, output) }));
  const missing = left.find(({ bytes }) => bytes === null);
  const fault = missing ? `it has not written ${missing.output} into its folder ${run.folder}` : null;
  const network = MODELS.flatMap((file) => sizeOf(run.folder, `${RUN_FILES.checkpoints}/${file}`) ?? []);
  const sizes = network.length > 0 ? network : left.flatMap(({ bytes }) => bytes ?? []);
  const bytes = sizes.length > 0 ? sizes.reduce((a, b) => a + b, 0) : null;
  if (bytes !== null) setEntry(metrics, `${name}/bytes`, bytes);
  return { fault, metrics, bytes };
}

/** Returns the bytes of a file, or of the files in a folder; null if it does not exist. */
function sizeOf(folder: string, output: string): number | null {
  const file = path.resolve(folder, output);
  const stat = statReal(file);
  if (stat?.isFile()) return stat.size;
  if (!stat?.isDirectory()) return null;
  const entries = fs.readdirSync(file, { withFileTypes: true, recursive: true }).slice(0, 100_000);
  const sizes = entries.map((entry) =>
    entry.isFile() ? (fs.lstatSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0) : 0,
  );
  return sizes.reduce((a, b) => a + b, 0);
}
