/**
 * The filter language of run tables: `lr < 0.001 and (status = failed or tag : "base*") and val/acc > 0.9`. Pure; the panel
 * and the command line share it.
 */

export const OPERATORS = ['<=', '>=', '!=', '!:', '!~', '=', '<', '>', ':', '~'] as const;
/** `:` contains, or matches a text with `*`; `~` matches a regular expression; `!` before them negates. */
export type Operator = (typeof OPERATORS)[number];

/** Half-open range of characters in the filter. */
export interface Span {
  start: number;
  end: number;
}

/** A field: where the value is looked for, and under which name. */
export interface Field extends Span {
  /** `any`: a parameter, else a metric's latest value, else a fact under that name. */
  kind: 'any' | 'param' | 'metric' | 'min' | 'max' | 'info' | 'fact';
  name: string;
}

/** Facts of a run with their own names. A parameter with such a name is written as `param:name`. */
export const FACTS = [
  ...['id', 'name', 'experiment', 'search', 'trial', 'status', 'tag', 'note', 'device', 'file', 'by'],
  ...['objective', 'duration', 'created', 'ended', 'error'],
] as const;

export interface Value extends Span {
  text: string;
  /** Returns its number, with units of time in seconds (`90m`); NaN for other texts. */
  number: number;
}

export type Filter =
  | { kind: 'and' | 'or'; parts: Filter[] }
  | { kind: 'not'; part: Filter }
  /** Every word occurs in name, id, tags, note or a `name=value`. */
  | { kind: 'text'; text: string }
  | { kind: 'missing'; field: Field }
  | { kind: 'compare'; field: Field; operator: Operator; values: Value[]; pattern: RegExp | null };

export class FilterError extends Error {
  override name = 'FilterError';
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
  ) {
    super(message);
  }
}
