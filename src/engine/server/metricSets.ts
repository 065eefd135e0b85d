import type { MetricSet, RequestResult } from '../../protocol/engine/index.js';

/** Sets of metrics, each once however many runs log it. */
export class MetricSets {
  readonly answer: RequestResult<'runs/metrics'> = { sets: [], runs: [] };
  private readonly known = new Map<string, number>();

  /** `set` null: there is no such run. */
  add(id: string, set: MetricSet | null): void {
    if (!set) return;
    const key = JSON.stringify(set);
    let number = this.known.get(key);
    if (number === undefined) {
      number = this.answer.sets.push(set) - 1;
      this.known.set(key, number);
    }
    this.answer.runs.push({ id, set: number });
  }
}
