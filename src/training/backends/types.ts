import type { BackendId } from '../../protocol/engine.js';

export interface InstallContext {
  onProgress(fraction: number | null, text: string): void;
  signal: AbortSignal;
  /** Python interpreter to look for TensorFlow in; null: `python3`, `python`. */
  python: string | null;
}

export interface Started {
  device: 'gpu' | 'cpu';
  /** What was found, for the person: versions, the adapter's name. */
  detail: string;
  /** Reading values from the device is as good as free. */
  cheapReads: boolean;
  evaluationBatch: number;
}

/** One rung of the ladder. */
export interface BackendModule {
  id: BackendId;
  /** For the person. */
  name: string;
  /** What the figures mean for the person when this one is used; null: nothing to say. */
  advice: string | null;
  /** Null when it can be tried; else why not, without loading anything. */
  missing(): string | null;
  /** Loads it into this process and makes it TensorFlow.js's backend. May crash the process: try it in another first. */
  start(): Promise<Started>;
  /** Puts it into the person's own folder; throws with the reason when it can't. Null: it is part of Tunesmith. */
  install: ((context: InstallContext) => Promise<void>) | null;
  /** Changes whenever what was found by trying it may no longer hold. */
  fingerprint(): string;
}
