import { withSeparator } from '../../src/format/locale.js';
import type { Confusion, Run } from '../../src/protocol/engine/index.js';
import { namesOf } from './runs/metricNames.js';
import { isLive } from './values.js';

/** Scores of one class, in [0, 1]; null for a division by zero. */
export interface ClassScore {
  name: string;
  actual: number;
  predicted: number;
  /** Share of the predictions of this class that are correct. */
  precision: number | null;
  /** Share of the examples of this class that are predicted correctly. */
  recall: number | null;
  f1: number | null;
}

export interface Mistake {
  truth: string;
  predicted: string;
  count: number;
  /** Share of the examples of the true class. */
  share: number;
}

export interface Judged {
  classes: readonly string[];
  rows: readonly (readonly number[])[];
  scores: ClassScore[];
  total: number;
  accuracy: number | null;
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

export function judge({ classes, rows }: Confusion): Judged {
  const predicted = new Array<number>(classes.length).fill(0);
  for (const row of rows) row.forEach((count, j) => (predicted[j]! += count));
  const scores = classes.map((name, i): ClassScore => {
    const hits = rows[i]![i]!;
    const actual = rows[i]!.reduce((a, b) => a + b, 0);
    return {
      name,
      actual,
      predicted: predicted[i]!,
      precision: ratio(hits, predicted[i]!),
      recall: ratio(hits, actual),
      f1: ratio(2 * hits, actual + predicted[i]!),
    };
  });
  const total = scores.reduce((sum, { actual }) => sum + actual, 0);
  const hits = classes.reduce((sum, _, i) => sum + rows[i]![i]!, 0);
  return { classes, rows, scores, total, accuracy: ratio(hits, total) };
}

/** The most frequent mistakes, up to a limit. */
export function mistakes({ classes, rows, scores }: Judged, most: number): Mistake[] {
  const found: Mistake[] = [];
  rows.forEach((row, i) =>
    row.forEach((count, j) => {
      if (i === j || count === 0) return;
      found.push({ truth: classes[i]!, predicted: classes[j]!, count, share: count / scores[i]!.actual });
    }),
  );
  return found.sort((a, b) => b.count - a.count).slice(0, most);
}

/** Strengths of colour in the style sheet. */
const SHADES = 10;

/** 0 to 10. Mistakes are fewer by nature: the root makes them seen. */
export function shadeOf(share: number, right: boolean): number {
  return share > 0 ? Math.max(1, Math.round((right ? share : Math.sqrt(share)) * SHADES)) : 0;
}

/** Formats a share to a tenth of a percent; only 1 is 100 %, and only 0 is 0 %. */
export function exactPercent(share: number): string {
  if (share <= 0 || share >= 1) return share >= 1 ? '100 %' : '0 %';
  const tenth = Math.max(0.1, Math.min(99.9, Math.round(share * 1000) / 10));
  return share < 0.0005 ? `< ${withSeparator('0.1')} %` : `${withSeparator(String(tenth))} %`;
}

/** Runs that may have a matrix: those that have ended and measured an accuracy; the last one first. */
export function mayHaveMatrix(runs: readonly Run[]): Run[] {
  return runs
    .filter((run) => !isLive(run) && namesOf(run).some((name) => /accuracy/i.test(name)))
    .sort((a, b) => b.createdAt - a.createdAt);
}

/** Matrices of ended runs, each requested once. */
export class Confusions {
  private readonly known = new Map<string, Judged | null>();
  private readonly asked = new Set<string>();

  constructor(
    private readonly ask: (id: string) => Promise<Confusion | null>,
    private readonly onNews: () => void,
  ) {}

  /** Undefined while it is being read; null if there is none. A run that has continued has another one. */
  of(run: Pick<Run, 'id' | 'endedAt'>): Judged | null | undefined {
    const key = `${run.id} ${run.endedAt}`;
    if (!this.asked.has(key)) {
      this.asked.add(key);
      void this.ask(run.id)
        .catch(() => null)
        .then((found) => {
          this.known.set(key, found && judge(found));
          this.onNews();
        });
    }
    return this.known.get(key);
  }
}
