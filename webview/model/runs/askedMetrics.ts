/** Metrics whose values are on the screen somewhere, so that rows are to have them. */
import { PRUNING } from '../../../src/protocol/trainer/pruning.js';
import { RANGE } from '../../../src/protocol/trainer/rangeNames.js';
import { ROW_METRICS } from '../../../src/protocol/engine/limits.js';
import { FormulaError, parseFormula } from '../../../src/query/formula.js';

/** Metrics that views look for in every run. */
const ALWAYS = [PRUNING.weights, RANGE.loss, RANGE.smoothed];

export class AskedMetrics {
  private readonly names = new Set<string>(ALWAYS);

  /** `onNews`: rows without these values are to be read again. */
  constructor(private readonly onNews: () => void) {}

  get list(): string[] {
    return [...this.names];
  }

  add(names: Iterable<string>): void {
    let isNew = false;
    for (const name of names) {
      isNew ||= !this.names.has(name);
      // The last ones shown are kept.
      this.names.delete(name);
      this.names.add(name);
    }
    for (const name of this.names) {
      if (this.names.size <= ROW_METRICS.asked) break;
      this.names.delete(name);
    }
    if (isNew) this.onNews();
  }

  /** Adds the metrics that fields such as `metric:loss` or `formula:loss / 2` read. */
  addFields(keys: Iterable<string>): void {
    this.add([...keys].flatMap(metricsIn));
  }
}

function metricsIn(key: string): readonly string[] {
  if (key.startsWith('metric:')) return [key.slice(7)];
  if (!key.startsWith('formula:')) return [];
  try {
    return parseFormula(key.slice(8)).names;
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    return [];
  }
}
