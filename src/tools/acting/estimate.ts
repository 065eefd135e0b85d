/** Estimates device hours from earlier runs of the same file. */
import { runDuration } from '../../format/times.js';
import type { BenchFolder } from '../bench.js';

export interface Estimate {
  /** Null if no earlier run tells. */
  deviceHours: number | null;
  /** For the person, including its basis. */
  text: string;
}

/** Newest runs that the estimate rests on, at most. */
const MOST = 20;

/** `trials` null: nobody knows how many. */
export async function estimate(
  folder: BenchFolder,
  file: string,
  experiment: string,
  trials: number | null,
): Promise<Estimate> {
  const { runs } = await folder.request('runs/list', {
    experiment,
    status: ['completed', 'pruned'],
    limit: 200,
  });
  const took = runs
    .filter((run) => run.file === file)
    .flatMap((run) => runDuration(run, Date.now()) ?? [])
    .slice(0, MOST);
  if (took.length === 0) return { deviceHours: null, text: 'unknown: no earlier run of this file has completed' };
  const each = took.reduce((sum, ms) => sum + ms, 0) / took.length;
  const earlier = took.length === 1 ? 'the one earlier run' : `the mean of ${took.length} earlier runs`;
  const of = `${(each / 1000).toPrecision(3)} s each, ${earlier}`;
  if (trials === null) return { deviceHours: null, text: `unknown number of trials of ${of}` };
  const deviceHours = (each * trials) / 3_600_000;
  return { deviceHours, text: `about ${hours(deviceHours)} (${trials} × ${of})` };
}

/** `0.25 h`, or in seconds and minutes if that is easier to read. */
export function hours(value: number): string {
  if (value < 1 / 60) return `${Math.max(1, Math.round(value * 3600))} s`;
  if (value < 1) return `${Math.round(value * 60)} min`;
  return `${Number(value.toPrecision(3))} h`;
}
