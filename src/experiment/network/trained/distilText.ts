/** The experiment in which a run's trained network teaches that of an experiment file. */
import type { Experiment } from '../../types.js';
import type { WrittenDistil } from './distil.js';

export interface Teaching {
  /** Id of the run whose network teaches. */
  teacher: string;
  settings: Omit<WrittenDistil, 'teacher'>;
  params: Record<string, unknown>;
  epochs?: number;
}

/** Returns the text of an experiment file; null if the file trains no network of the built-in trainer. */
export function distilText(
  experiment: Pick<Experiment, 'name' | 'program' | 'objective'>,
  teaching: Teaching,
): string | null {
  const { program, name, objective } = experiment;
  if (program.kind !== 'network' || typeof program.value !== 'object' || program.value === null) return null;
  const { teacher, settings, params, epochs } = teaching;
  const network = {
    ...program.value,
    ...(epochs !== undefined && { epochs }),
    distil: { ...settings, teacher: { run: teacher } },
  };
  return JSON.stringify({ name, network, params, ...(objective && { objective }) }, null, 2);
}
