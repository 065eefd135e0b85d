/** The goals that the sections of the report decide on, in the order in which they do. */
import { table } from './format.js';

export type Verdict = 'met' | 'not met' | 'not measured';

export class Goals {
  private readonly rows: string[][] = [];

  /** `counts`: tasks × seeds of the comparison. `figures`: the measured values. */
  add(goal: string, verdict: Verdict, counts = '', figures = ''): void {
    this.rows.push([goal, verdict === 'not met' ? '**not met**' : verdict, counts, figures]);
  }

  text(): string {
    return table(['goal', 'met?', 'tasks × seeds', 'figures'], this.rows);
  }
}
