/** Numbers, intervals and tables as the report writes them. */
import type { Interval } from '../stats.js';

export const digits = (value: number): string => (value >= 10 ? value.toFixed(1) : value.toFixed(2));
export const ms = (value: number): string => (value < 1 ? `${value.toFixed(3)} ms` : `${value.toPrecision(3)} ms`);
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
/** A value with its 95 % interval; empty if it was not measured. */
export const shown = (found: Interval | null): string =>
  found ? `${digits(found.value)} (${digits(found.low)}–${digits(found.high)})` : '';

/** Returns the number of tasks and of seeds of each. */
export function counted(found: Interval | null): string {
  if (!found) return '';
  const [fewest, most] = found.seeds;
  return `${found.tasks} × ${fewest === most ? most : `${fewest}–${most}`}`;
}

/** Returns tasks and seeds of comparisons that together decide on a goal. */
export function countedAll(all: readonly (Interval | null)[]): string {
  const known = all.filter((found) => found !== null);
  if (known.length === 0) return '';
  const range = (numbers: number[]): string => {
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    return least === most ? `${most}` : `${least}–${most}`;
  };
  return `${range(known.map(({ tasks }) => tasks))} × ${range(known.flatMap(({ seeds }) => seeds))}`;
}

/** Returns a Markdown table; all columns but the first are right-aligned. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}
