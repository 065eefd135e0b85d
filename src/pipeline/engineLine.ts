/**
 * A connection to the engine that survives it: an engine may be killed at any moment, and this waits for the next one.
 * It starts none, because that engine would belong to this run and end with it.
 */
import { connectEngine, EngineError, type EngineConnection } from '../engine/clients/index.js';
import type { RequestName, RequestParams, RequestResult, Run } from '../protocol/engine/index.js';

/** Milliseconds between two attempts to find an engine. */
const RETRY_MS = 300;

export class EngineLine {
  /** Called with the new rows of runs that have changed. */
  onRuns: (runs: readonly Run[]) => void = () => undefined;
  /** Called when another engine answers than before: something may have been missed. */
  onBack: () => void = () => undefined;
  private connection: Promise<EngineConnection> | null = null;
  private connected = 0;

  constructor(private readonly options: { workspace: string; version: string; distFolder: string }) {}

  /** Asks until an engine has answered. Rejects with EngineError when it refuses. */
  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    for (;;) {
      try {
        return await (await this.line()).request(name, params);
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind === 'refused' || error.kind === 'protocol') throw error;
        await pause();
      }
    }
  }

  /** Stays connected, so that the ends of runs are heard of. */
  async stay(): Promise<void> {
    await this.line().catch(() => undefined);
  }

  private line(): Promise<EngineConnection> {
    this.connection ??= this.connect();
    return this.connection;
  }

  private async connect(): Promise<EngineConnection> {
    for (;;) {
      try {
        const engine = await connectEngine({ ...this.options, client: 'pipeline', start: false });
        engine.on('changed', ({ runs }) => this.onRuns(runs));
        engine.onClose(() => {
          this.connection = null;
          void this.stay();
        });
        if (this.connected++ > 0) queueMicrotask(() => this.onBack());
        return engine;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        await pause();
      }
    }
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, RETRY_MS));
