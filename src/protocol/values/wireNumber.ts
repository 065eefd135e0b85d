/**
 * A number as it crosses JSON. JSON has no NaN or infinities, so those three travel as the strings
 * `"NaN"`, `"Infinity"` and `"-Infinity"`. Its schema is in `values.ts`; this file is free of the schema library.
 */
export type WireNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export function toWire(value: number): WireNumber {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

export function fromWire(value: WireNumber): number {
  return typeof value === 'number' ? value : Number(value);
}
