/** While the engine reads the folders, it answers read requests, and the others wait. */
import type { RequestName } from '../../protocol/engine/index.js';
import { within } from '../within.js';
import type { Handler, Handlers } from './server.js';

const READING: ReadonlySet<string> = new Set<RequestName>([
  ...(['environment', 'locale', 'engine/status', 'engine/stop', 'experiments/list', 'devices/list', 'watch'] as const),
  ...([
    'runs/list',
    'runs/get',
    'runs/metrics',
    'runs/columns',
    'runs/confusion',
    'runs/drawings',
    'runs/recorded',
  ] as const),
  ...(['runs/code', 'series/read', 'metrics/read', 'metrics/ranks', 'log/read'] as const),
  ...(['searches/list', 'searches/get', 'best/of', 'runs/groups', 'alerts/list'] as const),
  ...(['runs/lineage', 'runs/files', 'runs/show'] as const),
]);
/** Number of runs above which progress is shown. */
export const MANY = 200;
/** Milliseconds that a request about a run waits which the index does not know yet. */
const LIST_MS = 5000;

export class Readiness {
  isReady = false;
  /** Number of folders read so far, and in total (0 until they are listed); null once the index has all of them. */
  progress: { done: number; of: number } | null = { done: 0, of: 0 };
  private open!: () => void;
  private isListed = false;
  private all!: () => void;
  private readonly whenListed = new Promise<void>((resolve) => (this.all = resolve));
  private readonly whenReady = new Promise<void>((resolve) => (this.open = resolve));

  ready(): void {
    this.isReady = true;
    this.progress = null;
    this.open();
  }

  /** The index has all runs of the folders. */
  listed(): void {
    this.isListed = true;
    this.all();
  }

  /** Resolves when the index has all runs of the folders, or after some seconds; to false if it had them already. */
  async list(): Promise<boolean> {
    if (this.isListed) return false;
    await within(this.whenListed, LIST_MS, () => undefined);
    return true;
  }

  /** Returns the progress in one sentence; null while it takes too little time to mention. */
  get notice(): string | null {
    if (!this.progress || this.progress.of < MANY) return null;
    return `The list of ${this.progress.of} runs is being built again from their folders, the newest first.`;
  }

  guarded(handlers: Handlers): Handlers {
    const entries = Object.entries(handlers).map(([name, handler]) => {
      if (READING.has(name)) return [name, handler] as const;
      const waiting: Handler<RequestName> = async (params, client) => {
        if (!this.isReady) await this.whenReady;
        return (handler as Handler<RequestName>)(params, client);
      };
      return [name, waiting] as const;
    });
    return Object.fromEntries(entries) as Handlers;
  }
}
