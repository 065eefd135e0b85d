/** Joins the values of several objectives that a trial's run has logged. */
import { lastAtMost } from '../../../search/curves/curve.js';
import type { StoreApi } from '../../../store/api.js';
import type { ObjectivePoint } from './messages.js';

type Series = Pick<StoreApi['series'], 'values' | 'logged'>;
/** Values of one metric by ascending step. */
interface Read {
  /** Number of values that the run had logged when they were read. */
  logged: number;
  steps: number[];
  values: number[];
}

/** Maximum number of values of one metric that are kept, the latest. */
const KEPT = 10_000;

export class OtherObjectives {
  private readonly trials = new Map<number, Map<string, Read>>();

  constructor(private readonly series: Series) {}

  /**
   * Returns the points with the values of the other objectives: those at the same step or, for a metric that is logged
   * less often or later, the latest before. Points at which an objective has no value yet stay as they are.
   */
  joined(trial: number, run: string, metrics: readonly string[], points: readonly ObjectivePoint[]): ObjectivePoint[] {
    let known = this.trials.get(trial);
    if (!known) this.trials.set(trial, (known = new Map()));
    const reads = metrics.map((metric) => this.read(known, run, metric));
    return points.map((point) => {
      const rest = reads.map((read) => read.values[lastAtMost(read.steps, point.step)]);
      return rest.every((value) => value !== undefined) ? { ...point, rest } : point;
    });
  }

  forget(trial: number): void {
    this.trials.delete(trial);
  }

  private read(known: Map<string, Read>, run: string, metric: string): Read {
    let read = known.get(metric);
    if (!read) known.set(metric, (read = { logged: 0, steps: [], values: [] }));
    for (const { step, value } of this.series.values(run, metric, read.logged)) {
      const place = lastAtMost(read.steps, step);
      if (read.steps[place] === step) read.values[place] = value;
      else {
        read.steps.splice(place + 1, 0, step);
        read.values.splice(place + 1, 0, value);
      }
    }
    read.logged = this.series.logged(run, metric);
    const most = read.steps.length - KEPT;
    if (most > KEPT) for (const list of [read.steps, read.values]) list.splice(0, most);
    return read;
  }
}
