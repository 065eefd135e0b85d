/** Simple facts of a data set, by which searches on similar data are found. The trainer records them as a run's info. */
import { z } from 'zod';
import { entryOf } from './values/records.js';

export const DataFacts = z.object({
  task: z.enum(['classification', 'regression']),
  kind: z.enum(['rows', 'pictures', 'sequences']),
  /** Training examples. */
  examples: z.number(),
  /** Numbers of an example. */
  inputs: z.number(),
  /** Classes, or numbers to predict. */
  outputs: z.number(),
  /** Share of the columns that are categories, and of those with missing cells; 0 without columns. */
  categories: z.number(),
  missing: z.number(),
  /** Share of the most frequent class; 0 for numbers. */
  largest: z.number(),
});
export type DataFacts = z.infer<typeof DataFacts>;

const PREFIX = 'data_';

/** Returns the facts as a run's info. */
export function infoOfFacts(facts: DataFacts): Record<string, string | number> {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [PREFIX + name, value]));
}

/** Returns the facts that a run's info has; null: it has none. */
export function factsOfInfo(info: Record<string, unknown>): DataFacts | null {
  const names = Object.keys(DataFacts.shape);
  const parsed = DataFacts.safeParse(Object.fromEntries(names.map((name) => [name, entryOf(info, PREFIX + name)])));
  return parsed.success ? parsed.data : null;
}
