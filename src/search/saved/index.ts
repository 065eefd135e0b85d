/** Saves a study as plain JSON with a version. Older versions can be read; newer ones are refused. */
import { z } from 'zod';
import { fromWire, Params, toWire, WireNumber } from '../../protocol/values/index.js';
import { SearchError } from '../errors.js';
import { SavedOptions } from './options.js';
import type { SavedState } from './state.js';
import { readTrials, type TrialTexts } from './trialTexts.js';
import { fromVersion1, Version1 } from './version1.js';
import type { Trial } from '../types.js';

export type { SavedState } from './state.js';

const VERSION = 2;
const Saved = z.object({
  version: z.literal(VERSION),
  options: SavedOptions,
  names: z.array(z.string()),
  trials: z.array(z.string()),
  queue: z.array(Params),
  imported: z.array(z.array(z.tuple([Params, z.array(WireNumber), z.array(WireNumber).optional()]))),
  random: z.array(z.number()).length(4),
  sampler: z.unknown(),
  pruner: z.unknown(),
  widened: z.boolean(),
  dry: z.boolean(),
});

/** Serializes the state. `texts` caches earlier output; the result shares data with the state and is read-only. */
export function toSaved(state: SavedState, texts: TrialTexts): unknown {
  const { trials, imported, ...rest } = state;
  return {
    version: VERSION,
    ...rest,
    trials: texts.write(trials),
    names: [...texts.names],
    imported: imported.map((search) =>
      search.map(({ params, values, constraints }) => [
        ...[params, values.map(toWire)],
        ...(constraints ? [constraints.map(toWire)] : []),
      ]),
    ),
  };
}

export function fromSaved(saved: unknown): SavedState {
  const version = (saved as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > VERSION) {
    throw new SearchError('this search was saved by a newer version of Tunesmith; update Tunesmith to continue it');
  }
  if (version === 1) return fromVersion1(read(Version1, saved));
  const { version: _, names, trials, imported, sampler = null, pruner = null, ...rest } = read(Saved, saved);
  return {
    ...rest,
    sampler,
    pruner,
    trials: readAll(names, trials),
    imported: imported.map((search) =>
      search.map(([params, values, constraints]) => ({
        params,
        values: values.map(fromWire),
        ...(constraints && { constraints: constraints.map(fromWire) }),
      })),
    ),
  };
}

function readAll(names: string[], blocks: string[]): Trial[] {
  try {
    return readTrials(names, blocks);
  } catch (error) {
    const message = error instanceof z.ZodError ? error.issues[0]!.message : (error as Error).message;
    throw new SearchError(`the saved state of the search can't be read (trials: ${message})`);
  }
}

function read<S extends z.ZodType>(schema: S, saved: unknown): z.output<S> {
  const result = schema.safeParse(saved);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new SearchError(`the saved state of the search can't be read (${path.join('.')}: ${message})`);
}
