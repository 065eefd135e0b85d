/** Returns the mean of each value, over the records that have it as a number. */
export function meanOf(all: readonly Record<string, number>[]): Record<string, number> {
  const names = new Set(all.flatMap((values) => Object.keys(values)));
  return Object.fromEntries(
    [...names].map((name) => {
      const found = all.flatMap((values) => (Number.isFinite(values[name]) ? [values[name]!] : []));
      return [name, found.length > 0 ? found.reduce((a, b) => a + b, 0) / found.length : NaN];
    }),
  );
}
