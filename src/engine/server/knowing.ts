/** Requests about one run wait until the engine knows the run and has read its journals once. */
import type { RequestName } from '../../protocol/engine/index.js';
import type { Handler, Handlers } from './server.js';

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
  /** Resolves when all runs of the folders are known, or after a few seconds; to false if they were already. */
  allKnown(): Promise<boolean>;
  isKnown(id: string): boolean;
  /** Resolves when the run's journals have been read once, or after a few seconds; to false if they had been. */
  read(id: string): Promise<boolean>;
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
  const listKnown: typeof list = async (params, client) => {
    let found = await list(params, client);
    if (found.runs.length === 0 && (await allKnown())) found = await list(params, client);
    // A list of many is not held up: what is missing in it follows as a change.
    const one = params.limit === 1 ? found.runs[0] : undefined;
    return one && (await read(one.id)) ? list(params, client) : found;
  };
  return { ...handlers, ...(Object.fromEntries(changed) as Partial<Handlers>), 'runs/list': listKnown };
}
