/**
 * How similar two data sets are, by simple facts of them (after Feurer, Springenberg & Hutter, "Initializing Bayesian
 * Hyperparameter Optimization via Meta-Learning", AAAI 2015, with far fewer facts).
 */
import type { DataFacts } from '../../protocol/dataFacts.js';

/** Counts, which are compared by their ratio, and what a factor of ten counts. */
const COUNTS = { examples: 0.5, inputs: 0.5, outputs: 1 } as const;
const SHARES = ['categories', 'missing', 'largest'] as const;

/** Returns a number from 0 (another task, or another kind of examples) to 1 (the same facts). */
export function similarity(a: DataFacts, b: DataFacts): number {
  if (a.task !== b.task || a.kind !== b.kind) return 0;
  let distance = 0;
  for (const [name, weight] of Object.entries(COUNTS) as [keyof typeof COUNTS, number][]) {
    distance += weight * Math.abs(Math.log10(Math.max(1, a[name]) / Math.max(1, b[name])));
  }
  for (const name of SHARES) distance += Math.abs(a[name] - b[name]);
  return 1 / (1 + distance);
}

/** Says what two data sets have in common and what not. */
export function similarityText(own: DataFacts, other: DataFacts): string {
  const pair = (name: 'examples' | 'inputs' | 'outputs', word: string): string =>
    own[name] === other[name] ? `${own[name]} ${word}` : `${own[name]} and ${other[name]} ${word}`;
  const outputs = own.task === 'classification' ? 'classes' : 'outputs';
  return `${pair('examples', 'examples')}, ${pair('inputs', 'inputs')}, ${pair('outputs', outputs)}`;
}
