/** Parallel columns of points in the order logged. `epochs` is NaN where a point has none. */
export class Points {
  steps: Float64Array;
  times: Float64Array;
  epochs: Float64Array;
  values: Float64Array;
  length = 0;

  /** `oneX`: only one x axis matters, so that all of them are the same column. */
  constructor(capacity = 16, oneX = false) {
    this.steps = new Float64Array(capacity);
    this.times = oneX ? this.steps : new Float64Array(capacity);
    this.epochs = oneX ? this.steps : new Float64Array(capacity);
    this.values = new Float64Array(capacity);
  }

  push(step: number, time: number, epoch: number, value: number): void {
    if (this.length === this.steps.length) this.reserve(this.length * 2);
    const at = this.length++;
    this.steps[at] = step;
    this.times[at] = time;
    this.epochs[at] = epoch;
    this.values[at] = value;
  }

  append(other: Points, from = 0, to = other.length): void {
    const length = this.length + to - from;
    if (length > this.steps.length) this.reserve(Math.max(length, this.steps.length * 2));
    this.steps.set(other.steps.subarray(from, to), this.length);
    this.times.set(other.times.subarray(from, to), this.length);
    this.epochs.set(other.epochs.subarray(from, to), this.length);
    this.values.set(other.values.subarray(from, to), this.length);
    this.length = length;
  }

  /** Removes the first points. */
  drop(count: number): void {
    for (const column of [this.steps, this.times, this.epochs, this.values]) column.copyWithin(0, count, this.length);
    this.length -= count;
  }

  slice(from: number, to: number): Points {
    const part = new Points(Math.max(to - from, 1));
    part.append(this, from, to);
    return part;
  }

  /** The column a chart's x axis is about. */
  column(x: 'step' | 'time' | 'epoch'): Float64Array {
    return x === 'step' ? this.steps : x === 'time' ? this.times : this.epochs;
  }

  private reserve(capacity: number): void {
    this.steps = grown(this.steps, this.length, capacity);
    this.times = grown(this.times, this.length, capacity);
    this.epochs = grown(this.epochs, this.length, capacity);
    this.values = grown(this.values, this.length, capacity);
  }
}

function grown(old: Float64Array, length: number, capacity: number): Float64Array {
  const column = new Float64Array(capacity);
  column.set(old.subarray(0, length));
  return column;
}

/**
 * Value by which trials are compared: the epoch if one was logged (steps per epoch differ with the batch size), else
 * the step. `epoch` is NaN if there is none.
 */
export function progressOf(step: number, epoch: number): number {
  return Number.isNaN(epoch) ? step : epoch;
}
