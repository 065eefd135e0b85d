/**
 * Records whose keys people choose: hyperparameters, metrics, environment variables, columns. A key may be
 * `constructor`, `toString` or `__proto__` and is data like any other, which plain indexing gets wrong: reading finds
 * what every object inherits, and writing `__proto__` changes the prototype or is lost.
 */

/** The record's own value, or undefined. */
export function entryOf<V>(record: Readonly<Record<string, V>> | null | undefined, key: string): V | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

export function hasEntry(record: object | null | undefined, key: string): boolean {
  return record !== null && record !== undefined && Object.hasOwn(record, key);
}

/** Sets an own value, whatever the key. Returns the value. */
export function setEntry<V, T extends V>(record: Record<string, V>, key: string, value: T): T {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, configurable: true, enumerable: true, writable: true });
  return value;
}
