import type { TrainingLog } from '../loop/types.js';
import type { Said } from '../../protocol/said.js';

/** Continues steps, epochs and progress from round to round. */
export class RoundLog implements TrainingLog {
  /** Steps and epochs of the finished rounds. */
  steps = 0;
  epochs = 0;
  private step = 0;
  private epoch = 0;

  /** `total` is the number of epochs of all rounds. */
  constructor(
    private readonly run: TrainingLog,
    readonly total: number,
  ) {}

  get stopRequested() {
    return this.run.stopRequested;
  }

  log(values: Record<string, number>, at?: { step?: number; epoch?: number }): void {
    this.step = at?.step ?? this.step;
    this.epoch = at?.epoch ?? this.epoch;
    this.run.log(values, { step: this.steps + this.step, epoch: this.epochs + this.epoch });
  }

  /** Logs values at the end of the epochs so far. */
  point(values: Record<string, number>): void {
    this.run.log(values, { step: this.steps + this.step, epoch: this.epochs + this.epoch });
  }

  /** Begins another round. Each takes a step of its own, so that its points never coincide with the round before. */
  next(): void {
    this.steps += this.step + 1;
    this.epochs += Math.round(this.epoch);
    this.step = 0;
    this.epoch = 0;
  }

  load({ steps, epochs }: { steps: number; epochs: number }): void {
    Object.assign(this, { steps, epochs });
  }

  progress(fraction: number | null, text = ''): void {
    const whole = this.total === 0 ? null : (this.epochs + this.epoch) / this.total;
    this.run.progress(fraction === null ? null : Math.min(1, whole ?? fraction), text);
  }

  info(values: Parameters<TrainingLog['info']>[0]): void {
    this.run.info(values);
  }

  message(level: 'info' | 'warning' | 'error', text: string | Said): void {
    this.run.message(level, text);
  }
}
