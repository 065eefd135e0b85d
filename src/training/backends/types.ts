import type { BackendId } from '../../protocol/engine/index.js';
import type { Said } from '../../protocol/said.js';

export interface InstallContext {
  onProgress(fraction: number | null, text: string): void;
  signal: AbortSignal;
  /** Python interpreter in which to look for TensorFlow; null: `python3`, `python`. */
  python: string | null;
}

export interface Started {
  device: 'gpu' | 'cpu';
  /** Details for the person: versions, the adapter's name. */
  detail: string;
  /** True when reading values from the device is almost free. */
  cheapReads: boolean;
  evaluationBatch: number;
}

/** One rung of the ladder. */
export interface BackendModule {
  id: BackendId;
  /** Name for the person. */
  name: string;
  /** Advice on what the figures mean when this backend is used; null: none. */
  advice: Said | null;
  /** Returns why the backend can't be tried, without loading anything; null when it can. */
  missing(): string | null;
  /**
   * Loads it into this process and makes it TensorFlow.js's backend. This may crash the process, so try it in another
   * first.
   */
  start(): Promise<Started>;
  /** Installs it into the person's own folder; throws the reason when it can't. Null: it is part of Tunesmith. */
  install: ((context: InstallContext) => Promise<void>) | null;
  /** Returns a value that changes whenever earlier results of trying it may no longer hold. */
  fingerprint(): string;
}
