/** Small helpers of a study. */
import { entryOf } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import { refuse } from '../space/index.js';
import type { Space, Trial } from '../types.js';

/** Returns the params that the space knows and accepts. */
export function usable({ dimensions }: Space, params: Params): Params {
  const known = dimensions.filter((d) => Object.hasOwn(params, d.name) && refuse(d, entryOf(params, d.name)!) === null);
  return Object.fromEntries(known.map(({ name }) => [name, entryOf(params, name)!]));
}

/** Returns whether the trial does not count as planned. */
export function isExtra({ enqueued, repeatOf }: Trial): boolean {
  return enqueued || repeatOf !== undefined;
}

/** Removes the undefined fields. */
export function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
