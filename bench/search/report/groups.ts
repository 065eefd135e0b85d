/** Searches with several objectives, and with several trials at the same time. */
import { ratio, type Interval } from '../stats.js';
import { counted, shown, table } from './format.js';
import { AT, WHOLE, type Selection } from './selection.js';

/** Returns a table with a row for each comparison that was measured. */
function compared(title: string, at: number[], rows: [name: string, found: (Interval | null)[]][]): string {
  return table(
    [title, 'tasks × seeds', ...at.map((each) => `${each} trials`)],
    rows
      .map(([name, found]) => [name, counted(found.find((each) => each) ?? null), ...found.map(shown)])
      .filter((row) => row[1] !== ''),
  );
}

export function frontText(results: Selection): string {
  const groups = ['several'];
  const rows = ['tpe', 'nsga2', 'gp', 'auto'].flatMap((mine) =>
    ['tpe', 'nsga2', 'gp'].map((theirs): [string, (Interval | null)[]] => [
      `${mine} to Optuna’s ${theirs}`,
      AT.map((at) => ratio(results.of('ours', mine, groups), results.of('optuna', theirs, groups), at)),
    ]),
  );
  return compared('ours', AT, rows);
}

export function parallelText(results: Selection): string {
  const at = [25, 50, 100];
  const rows = [4, 8].flatMap((workers) =>
    ['tpe', 'cmaes', 'gp', 'auto'].map((name): [string, (Interval | null)[]] => {
      const theirs = name === 'auto' ? results.rule(WHOLE, workers) : results.of('optuna', name, WHOLE, workers);
      const mine = results.of('ours', name, WHOLE, workers);
      return [`${name}, ${workers} at a time`, at.map((each) => ratio(mine, theirs, each))];
    }),
  );
  return compared('ours to Optuna’s', at, rows);
}
