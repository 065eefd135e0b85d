/** Loads a sampler that a person wrote, in the thread of its search: it can hold up or end nothing else. */
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SearchError } from '../../../search/errors.js';
import type { MakeOwn, Named } from '../../../search/types.js';

/** Returns null if the sampler is one of the engine's. `folder`: the experiment file's. Throws SearchError. */
export async function ownSamplerOf(sampler: Named, folder: string): Promise<MakeOwn | null> {
  if (typeof sampler === 'string' || sampler.name !== 'module') return null;
  const written = sampler.path as string;
  let loaded: Record<string, unknown>;
  try {
    loaded = (await import(pathToFileURL(path.resolve(folder, written)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new SearchError(
      `the sampler's module ${written} can't be loaded: ${(error as Error)?.message ?? String(error)}`,
    );
  }
  const inner = loaded.default as Record<string, unknown> | undefined;
  // A CommonJS module has its exports in `default`.
  const make = loaded.createSampler ?? (typeof inner === 'object' ? (inner?.createSampler ?? inner?.default) : inner);
  if (typeof make !== 'function')
    throw new SearchError(
      `the sampler's module ${written} exports no function: export default it, or name it createSampler`,
    );
  return make as MakeOwn;
}
