/** JSON text of a number by the rule of `protocol/values/index.ts`, without its schema library. */
export function toWireText(value: number): string {
  // value - value is 0 for finite numbers and NaN for the three others.
  if (value - value === 0) return `${value}`;
  return value !== value ? '"NaN"' : value > 0 ? '"Infinity"' : '"-Infinity"';
}
