import type { Params, ParamValue } from '../../protocol/values/index.js';
import type { NestedParams } from '../schema.js';
import { setEntry } from '../../protocol/values/records.js';

/** Nested names joined with dots; `pathOf` leads back to where each was written. */
export function flatten(nested: NestedParams): { params: Params; pathOf: Map<string, string[]> } {
  const params: Params = {};
  const pathOf = new Map<string, string[]>();
  const visit = (group: NestedParams, path: string[]): void => {
    for (const [key, value] of Object.entries(group)) {
      const at = [...path, key];
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        visit(value, at);
        continue;
      }
      const name = at.join('.');
      setEntry(params, name, value as ParamValue);
      pathOf.set(name, at);
    }
  };
  visit(nested, []);
  return { params, pathOf };
}
