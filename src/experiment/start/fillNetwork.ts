/** Puts hyperparameters into a `network:` section. */
import type { Params } from '../../protocol/values/index.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';
import { namesIn } from '../network/layers/blocks.js';
import { kindPlaceholder } from '../network/kit.js';
import { fillTree } from './fill.js';

/**
 * Like `fillTree`; besides, a placeholder may be a layer's kind, and only blocks that the layers use are filled in: the
 * others, whose hyperparameters may have no value, become empty. Throws MissingValue.
 */
export function fillNetwork(section: unknown, params: Params, env: Record<string, string | undefined>): unknown {
  const fill = (value: unknown) => fillTree(withKinds(value, params, env), params, env);
  if (typeof section !== 'object' || section === null || Array.isArray(section)) return fill(section);
  const { blocks, ...rest } = section as Record<string, unknown>;
  if (typeof blocks !== 'object' || blocks === null || Array.isArray(blocks)) return fill(section);
  const filled = fill(rest) as Record<string, unknown>;
  const used: Record<string, unknown> = {};
  const use = (name: string): void => {
    if (!hasEntry(blocks, name) || hasEntry(used, name)) return;
    setEntry(used, name, fill(entryOf(blocks as Record<string, unknown>, name)));
    namesIn(entryOf(used, name)).forEach(use);
  };
  namesIn(filled.layers).forEach(use);
  const all: Record<string, unknown> = {};
  for (const name of Object.keys(blocks)) setEntry(all, name, hasEntry(used, name) ? entryOf(used, name) : []);
  return { ...filled, blocks: all };
}

/** Puts values into the kinds of layers: the only key of a list's entry. */
function withKinds(value: unknown, params: Params, env: Record<string, string | undefined>): unknown {
  if (Array.isArray(value)) {
    return value.map((entry: unknown) => {
      const kind = kindPlaceholder(entry);
      if (kind === null) return withKinds(entry, params, env);
      const name = String(fillTree(kind, params, env));
      return { [name]: withKinds((entry as Record<string, unknown>)[kind], params, env) };
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withKinds(inner, params, env)]));
}
