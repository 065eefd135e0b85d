/** The order of runs by a formula over their parameters and metrics, which SQLite can't compute. */
import { FormulaError, parseFormula } from '../../query/formula.js';
import type { FieldReader } from './fields.js';

/** Keys in the order of `formula:TEXT`; those without a value come last both ways, in the order given. */
export function byFormula(keys: readonly number[], text: string, isDescending: boolean, reader: FieldReader): number[] {
  const formula = read(text);
  const fields = new Map(
    formula.names.map((name) => [
      name,
      reader.of(name === 'objective' ? { kind: 'fact', name } : { kind: 'any', name }),
    ]),
  );
  const values = new Map(
    keys.map((key) => {
      const value = formula.evaluate((name) => {
        const one = fields.get(name)?.(key);
        return typeof one === 'number' ? one : NaN;
      });
      return [key, value];
    }),
  );
  const way = isDescending ? -1 : 1;
  return [...keys].sort((a, b) => {
    const [x, y] = [values.get(a)!, values.get(b)!];
    if (Number.isNaN(x) || Number.isNaN(y)) return +Number.isNaN(x) - +Number.isNaN(y);
    return way * (x - y);
  });
}

function read(text: string): ReturnType<typeof parseFormula> {
  try {
    return parseFormula(text);
  } catch (error) {
    if (error instanceof FormulaError) throw new RangeError(`runs can't be sorted by "${text}": ${error.message}`);
    throw error;
  }
}
