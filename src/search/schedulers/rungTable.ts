/** Losses of the trials at each rung, best first, by bracket. Updated incrementally from the history. */
import type { History, Trial } from '../types.js';
import type { Ladder } from './ladder.js';

/** Ids in `History.trials`, ordered by loss at this rung, ties by id. */
export interface Rung {
  ids: number[];
  losses: number[];
}

interface Entry {
  trial: Trial;
  bracket: number;
  /** The last rung recorded, and the number of reports read by then. */
  rung: number;
  reports: number;
}

export class RungTable {
  private readonly brackets = new Map<number, Rung[]>();
  private open: Entry[] = [];
  private read = 0;
  private version = -1;

  constructor(private readonly ladder: Ladder) {}

  update(history: History): void {
    this.ladder.update(history);
    if (this.version !== this.ladder.version) {
      this.version = this.ladder.version;
      [this.open, this.read] = [[], 0];
      this.brackets.clear();
    }
    for (; this.read < history.trials.length; this.read++) {
      const trial = history.trials[this.read]!;
      if (trial.repeatOf === undefined) this.open.push({ trial, bracket: trial.bracket ?? 0, rung: -1, reports: 0 });
    }
    let kept = 0;
    for (const entry of this.open) {
      const { trial } = entry;
      if (trial.state === 'failed') {
        this.remove(history, entry);
        continue;
      }
      if (trial.state === 'paused' && trial.reports.length === entry.reports) {
        this.open[kept++] = entry;
        continue;
      }
      entry.reports = trial.reports.length;
      const reached = this.ladder.reached(history, trial);
      for (let k = Math.max(entry.rung + 1, entry.bracket); k <= reached; k++) this.add(history, entry, k);
      entry.rung = Math.max(entry.rung, reached);
      if (trial.state === 'running' || trial.state === 'paused') this.open[kept++] = entry;
    }
    this.open.length = kept;
  }

  /** Running and paused trials of this search itself, and the last rung that each has reached. */
  get unfinished(): readonly Readonly<Entry>[] {
    return this.open;
  }

  rung(bracket: number, k: number): Rung {
    let rungs = this.brackets.get(bracket);
    if (!rungs) this.brackets.set(bracket, (rungs = []));
    return (rungs[k] ??= { ids: [], losses: [] });
  }

  get bracketNumbers(): number[] {
    return [...this.brackets.keys()].sort((a, b) => a - b);
  }

  private add(history: History, { trial, bracket }: Entry, k: number): void {
    const { ids, losses } = this.rung(bracket, k);
    const loss = this.ladder.lossAt(history, trial, k);
    const place = placeOf(ids, losses, loss, trial.id);
    ids.splice(place, 0, trial.id);
    losses.splice(place, 0, loss);
  }

  private remove(history: History, { trial, bracket, rung }: Entry): void {
    for (let k = bracket; k <= rung; k++) {
      const { ids, losses } = this.rung(bracket, k);
      const place = ids.indexOf(trial.id);
      if (place < 0) continue;
      ids.splice(place, 1);
      losses.splice(place, 1);
    }
  }
}

function placeOf(ids: readonly number[], losses: readonly number[], loss: number, id: number): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (losses[middle]! < loss || (losses[middle] === loss && ids[middle]! < id)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the number of losses below this one. */
export function countBelow(losses: readonly number[], loss: number): number {
  let [low, high] = [0, losses.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (losses[middle]! < loss) low = middle + 1;
    else high = middle;
  }
  return low;
}
