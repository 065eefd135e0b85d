/**
 * Hyperparameters being tuned. Those above 0 take steps in their logarithm, shares in their own unit, by Adam (Kingma &
 * Ba, ICLR 2015), whose steps don't depend on the size of the hypergradient.
 */
import { entryOf } from '../../protocol/values/records.js';

export interface HyperValue {
  /** Name in the log, such as `weight_decay/2.dense`. */
  name: string;
  value: number;
  /** True when steps are in the logarithm. */
  log: boolean;
  low: number;
  high: number;
}

export interface HyperState {
  steps: number;
  values: Record<string, { value: number; mean: number; square: number }>;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-12;

export class HyperValues {
  private readonly moments: { mean: number; square: number }[];
  private steps = 0;

  constructor(
    readonly all: HyperValue[],
    public rate: number,
  ) {
    this.moments = all.map(() => ({ mean: 0, square: 0 }));
  }

  /** Takes one step against the hypergradients, which are in the order of `all`. Those that are not finite are skipped. */
  step(gradients: readonly number[]): void {
    this.steps++;
    this.all.forEach((one, i) => {
      const moment = this.moments[i]!;
      const gradient = gradients[i]! * (one.log ? one.value : 1);
      if (!Number.isFinite(gradient)) return;
      moment.mean = BETA1 * moment.mean + (1 - BETA1) * gradient;
      moment.square = BETA2 * moment.square + (1 - BETA2) * gradient ** 2;
      const mean = moment.mean / (1 - BETA1 ** this.steps);
      const deviation = Math.sqrt(moment.square / (1 - BETA2 ** this.steps));
      const change = (-this.rate * mean) / (deviation + EPSILON);
      const moved = one.log ? one.value * Math.exp(change) : one.value + change;
      one.value = Math.min(one.high, Math.max(one.low, moved));
    });
  }

  state(): HyperState {
    const values = this.all.map(({ name, value }, i) => [name, { value, ...this.moments[i]! }] as const);
    return { steps: this.steps, values: Object.fromEntries(values) };
  }

  /** Restores the state; values that it lacks stay as they are. */
  load({ steps, values }: HyperState): void {
    this.steps = steps;
    this.all.forEach((one, i) => {
      const saved = entryOf(values, one.name);
      if (!saved) return;
      one.value = saved.value;
      this.moments[i] = { mean: saved.mean, square: saved.square };
    });
  }
}
