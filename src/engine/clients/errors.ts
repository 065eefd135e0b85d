import type { FileProblem } from '../../protocol/engine/index.js';

/** Why an engine could not be reached, started or asked. */
export type EngineErrorKind =
  /** No engine runs, and none should be started. */
  | 'not-running'
  | 'no-node'
  /** It was started and did not get ready. */
  | 'start-failed'
  /** Another version runs, has work, and can't be talked to. */
  | 'incompatible'
  /** The connection ended. */
  | 'closed'
  /** The engine refused the request; `code` and `problems` say why. */
  | 'refused'
  | 'timeout'
  /** Its answer violates the protocol. */
  | 'protocol';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  constructor(
    readonly kind: EngineErrorKind,
    message: string,
    /** One of ErrorCode, or a JSON-RPC code, when the engine refused. */
    readonly code: number | null = null,
    /** Mistakes in a file, when that is why. */
    readonly problems: FileProblem[] = [],
    readonly data: unknown = undefined,
  ) {
    super(message);
  }
}
