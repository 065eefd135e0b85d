/** Hyperparameters as the store keeps them: one JSON text in which a float is written as one. */
import { floatsOf, jsonText, markAt, parseJson, type Floats } from '../../protocol/values/floats.js';
import type { Params } from '../../protocol/values/index.js';

export interface TypedParams {
  params: Params;
  /** Marks the whole numbers of the params that are floats; absent when none is. */
  floats?: Floats;
}

export function paramsText({ params, floats }: { params: Params; floats?: Floats | undefined }): string {
  return jsonText(params, floats);
}

export function readParams(text: string): TypedParams {
  const { value, mark } = parseJson(text);
  const params = value as Params;
  const floats = mark && floatsOf(Object.keys(params).map((name) => [name, markAt(mark, name)] as const));
  return floats ? { params, floats } : { params };
}
