/** Metrics of runs that log more than their rows have: all names are known, and values are read for those that are shown. */
import type { MetricSet, RequestResult, Run } from '../../../src/protocol/engine/index.js';
import { entryOf, hasEntry, setEntry } from '../../../src/protocol/values/records.js';
import { rankedOf, ranksWith } from '../../../src/protocol/engine/ranks.js';

/** All metrics of a run; runs that log the same share it. */
class KnownSet {
  readonly all: readonly string[];
  readonly hasRanks: boolean;
  private readonly sources: ReadonlyMap<string, 'output' | 'system' | undefined>;

  constructor({ logged, output, system }: MetricSet) {
    this.all = [...logged, ...output, ...system];
    this.hasRanks = this.all.some((name) => rankedOf(name) !== null);
    this.sources = new Map([
      ...logged.map((name) => [name, undefined] as const),
      ...output.map((name) => [name, 'output'] as const),
      ...system.map((name) => [name, 'system'] as const),
    ]);
  }

  has(name: string): boolean {
    return this.sources.has(name);
  }

  source(name: string): 'output' | 'system' | undefined {
    return this.sources.get(name);
  }
}

type Row = Pick<Run, 'metrics'>;
/** Rows by whether they may have metrics of other ranks: the names of thousands are not looked through at each drawing. */
const ranked = new WeakMap<Run['metrics'], boolean>();
const known = new WeakMap<Run['metrics'], KnownSet>();

/** Names of all metrics of a run, as far as they are known. */
export const namesOf = (run: Row): readonly string[] => known.get(run.metrics)?.all ?? Object.keys(run.metrics);

export const hasMetric = (run: Row, name: string): boolean =>
  Object.hasOwn(run.metrics, name) || (known.get(run.metrics)?.has(name) ?? false);

/** Who has recorded it; undefined: the program itself. */
export const sourceIn = (run: Row, name: string): 'output' | 'system' | undefined => {
  const summary = entryOf(run.metrics, name);
  return summary ? summary.source : known.get(run.metrics)?.source(name);
};

/** Gives a row the values that the one before it has and that were left out of it; they are read again with the next list. */
export function keepValues(row: Run, before: Run | undefined): void {
  if (row.more === undefined || !before) return;
  for (const [name, summary] of Object.entries(before.metrics)) {
    if (hasEntry(row.metrics, name)) continue;
    ranked.delete(row.metrics);
    setEntry(row.metrics, name, summary);
    row.more--;
  }
  if (row.more <= 0) delete row.more;
}

/** Ranks of a run that have logged a metric, 0 included. */
export function ranksIn(run: Row, metric: string): number[] {
  const set = known.get(run.metrics);
  if (set && !set.hasRanks) return set.has(metric) ? [0] : [];
  if (!set) {
    let mayHave = ranked.get(run.metrics);
    if (mayHave === undefined)
      ranked.set(run.metrics, (mayHave = Object.keys(run.metrics).some((name) => rankedOf(name) !== null)));
    if (!mayHave) return Object.hasOwn(run.metrics, metric) ? [0] : [];
  }
  return ranksWith(namesOf(run), metric);
}

/** Milliseconds after which the names of runs that log new metrics are read again. */
const REST = 1000;

/** Reads the names of runs whose rows do not have all. */
export class MetricNames {
  /** By run: its set, and the number of its metrics when it was read. */
  private readonly byRun = new Map<string, { set: KnownSet; count: number }>();
  private reading = false;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly ask: (ids: string[]) => Promise<RequestResult<'runs/metrics'>>,
    private readonly onNews: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Gives a new row the names that are known of its run. */
  attach(run: Run): void {
    const set = run.more ? this.byRun.get(run.id)?.set : undefined;
    if (set) known.set(run.metrics, set);
  }

  forget(id: string): void {
    this.byRun.delete(id);
  }

  /** Reads the names of these runs that are not known or have become more. */
  async read(runs: () => readonly Run[]): Promise<void> {
    if (this.reading || this.timer !== null) return;
    const isNew = (run: Run): boolean => run.more !== undefined && this.byRun.get(run.id)?.count !== countOf(run);
    const missing = runs().filter(isNew);
    if (missing.length === 0) return;
    this.reading = true;
    try {
      const { sets, runs: found } = await this.ask(missing.map(({ id }) => id));
      const all = sets.map((set) => new KnownSet(set));
      const counts = new Map(missing.map((run) => [run.id, countOf(run)]));
      for (const { id, set } of found) this.byRun.set(id, { set: all[set]!, count: counts.get(id)! });
      for (const run of runs()) this.attach(run);
      this.onNews();
    } catch (error) {
      this.onError(error);
    } finally {
      this.reading = false;
      this.timer = setTimeout(() => {
        this.timer = null;
        void this.read(runs);
      }, REST);
    }
  }
}

const countOf = (run: Run): number => Object.keys(run.metrics).length + (run.more ?? 0);
