/** Interface between the tools and their host: the editor, or a server for agents outside of it. */
import type {
  NotificationName,
  NotificationParams,
  RequestName,
  RequestParams,
  RequestResult,
} from '../protocol/engine/index.js';
import type { FileChange } from '../experiment/file/edit.js';

/** The open folders. */
export interface Bench {
  readonly folders: readonly BenchFolder[];
}

/** One workspace folder and its engine. */
export interface BenchFolder {
  /** Absolute path. */
  readonly path: string;
  /** Returns false if there is nothing to read, so that no engine is started for it. */
  isUsed(): Promise<boolean>;
  /** Asks the engine, which is started if need be. Rejects with an error whose message says what to do. */
  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>>;
  /** Notifications of this and all later connections. */
  on<N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): { dispose(): void };
  /** Calls the listener after each new connection. Changes in between have to be requested again. */
  onConnected(listener: () => void): { dispose(): void };
  /** Returns a file's text as the person sees it, or undefined if that is the text on disk. */
  unsavedText(file: string): Promise<string | undefined>;
  /** Returns the person's choice of Python, as starting a run or a search takes it. */
  chosenPython(): Promise<{ python?: string }>;
  /** Changes an experiment file in place. Returns whether anything changed. */
  changeFile(file: string, change: FileChange): Promise<boolean>;
}

/** Circumstances of one call of a tool. */
export interface Call {
  /** Aborted when the agent no longer waits for the answer. */
  signal: AbortSignal;
}

/** A call can't be answered. The message is for the agent and says what to do. */
export class ToolError extends Error {
  override name = 'ToolError';
}
