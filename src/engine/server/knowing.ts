/** Requests about one run wait until the engine knows the run and has read its journals once. */
import type { Run } from '../../protocol/engine/index.js';
import type { RequestName } from '../../protocol/engine/index.js';
import type { Client, Handler, Handlers } from './server.js';

/** Fields in which these requests name their run. */
const ABOUT: Partial<Record<RequestName, 'id' | 'run'>> = {
  'runs/get': 'id',
  'runs/confusion': 'id',
  'runs/drawings': 'id',
  'runs/media': 'id',
  'metrics/read': 'run',
  'metrics/ranks': 'run',
};

export interface Knowledge {
  /** Resolves when all runs of the folders are known, or after a few seconds. */
  allKnown(): Promise<void>;
  isKnown(id: string): boolean;
  /** Resolves when the run's journals have been read once, or after a few seconds. */
  read(id: string): Promise<void>;
}

export function knowing(handlers: Handlers, { allKnown, isKnown, read }: Knowledge): Handlers {
  const know = async (id: string): Promise<void> => {
    if (!isKnown(id)) await allKnown();
    await read(id);
  };
  const changed = Object.entries(ABOUT).map(([name, key]) => {
    const handle = handlers[name as keyof Handlers] as Handler<RequestName>;
    const known: Handler<RequestName> = async (params, client) => {
      await know((params as Record<'id' | 'run', string>)[key]);
      return handle(params, client);
    };
    return [name, known] as const;
  });
  const list = handlers['runs/list'];
  const listKnown = async (
    params: Parameters<typeof list>[0],
    client: Client,
  ): Promise<{ total: number; runs: Run[] }> => {
    // A list of many is not held up: what is missing in it follows as a change.
    const isAboutOne = params.limit === 1;
    const first = await list(params, client);
    if (first.runs.length === 0) await allKnown();
    else if (!isAboutOne) return first;
    const known = first.runs.length === 0 ? await list(params, client) : first;
    if (!isAboutOne || known.runs.length === 0) return known;
    await read(known.runs[0]!.id);
    return list(params, client);
  };
  return { ...handlers, ...(Object.fromEntries(changed) as Partial<Handlers>), 'runs/list': listKnown };
}
