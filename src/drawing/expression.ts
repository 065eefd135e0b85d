/** The expression that a curve shows: a metric as it is, or a formula over metrics. */
import { FormulaError, parseFormula, type Formula } from '../query/formula.js';

/** One expression with the metrics that it reads. `formula` null: a metric as it is. */
export interface Expression {
  text: string;
  formula: Formula | null;
  names: readonly string[];
}

/** Reads an expression. `known`: names of metrics, which may look like formulas. */
export function readExpression(text: string, known: ReadonlySet<string>): Expression {
  if (known.has(text)) return { text, formula: null, names: [text] };
  try {
    const formula = parseFormula(text, [...known]);
    // The metric itself, which no drawn run has with rank 0.
    if (formula.names.length === 1 && formula.names[0] === text) return { text, formula: null, names: [text] };
    return { text, formula, names: formula.names };
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    // A metric that no drawn run has at the moment.
    return { text, formula: null, names: [text] };
  }
}
