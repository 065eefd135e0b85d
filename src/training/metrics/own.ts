/** Metrics that a person computes in a module of their own. */
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TrainingError, saidOf } from '../errors.js';
import { said } from '../../format/said.js';

/** Input of a person's metric. */
export interface OwnMetricInput {
  /** Class index of each example, or [count, width] numbers. */
  targets: Float32Array | Int32Array;
  /** [count, width]: probabilities with a cross-entropy, else scores; numbers in the targets' own unit. */
  outputs: Float64Array;
  count: number;
  /** Numbers per example in `outputs`. */
  width: number;
  /** Names of the classes; null: numbers are predicted. */
  classes: readonly string[] | null;
}
export interface OwnMetric {
  name: string;
  compute(input: OwnMetricInput): number;
}

const NAME = /^[\w.-]{1,60}$/;

/** Loads the functions that a module exports. Throws TrainingError when it has none or can't be loaded. */
export async function loadOwnMetrics(file: string, folder: string): Promise<OwnMetric[]> {
  const path = isAbsolute(file) ? file : resolve(folder, file);
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new TrainingError(said("metrics: module {0} can't be loaded ({1}): {2}", file, path, saidOf(error)));
  }
  const inner = module.default as Record<string, unknown> | undefined;
  // A CommonJS module has its exports under `default` too.
  const exported = { ...(typeof inner === 'object' ? inner : {}), ...module };
  const metrics = Object.entries(exported).flatMap(([name, compute]) =>
    typeof compute === 'function' && name !== 'default' && NAME.test(name)
      ? [{ name, compute: compute as OwnMetric['compute'] }]
      : [],
  );
  if (metrics.length > 0) return metrics;
  throw new TrainingError(
    said(
      'metrics: module {0} exports no function: write "export function cost({ targets, outputs, count, width, classes }) { return …; }"',
      file,
    ),
  );
}

/** Computes the metrics; throws TrainingError with the metric's name when one fails or returns no number. */
export function computeOwn(metrics: readonly OwnMetric[], input: OwnMetricInput): Record<string, number> {
  return Object.fromEntries(
    metrics.map(({ name, compute }) => {
      let value: unknown;
      try {
        value = compute(input);
      } catch (error) {
        throw new TrainingError(said('metrics: {0} failed: {1}', name, saidOf(error)));
      }
      if (typeof value !== 'number')
        throw new TrainingError(said('metrics: {0} returned {1}, not a number', name, typeof value));
      return [name, value];
    }),
  );
}
