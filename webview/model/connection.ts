/** The panel's connection to host and engine. */
export interface ConnectionState {
  /** False while the engine cannot be reached. */
  readonly connected: boolean;
  /** Reason of a lost connection, in words for the person; '' while connected. */
  readonly message: string;
  /** False in a workspace that the person does not trust: nothing can be started. */
  readonly trusted: boolean;
  /** False while the panel is hidden. Nothing is read then. */
  readonly visible: boolean;
}

/** Holds the state of the connection and reports every change. */
export class Connection {
  private now: ConnectionState;

  constructor(
    visible: boolean,
    private readonly onChange: (now: ConnectionState, before: ConnectionState) => void,
  ) {
    this.now = { connected: true, message: '', trusted: true, visible };
  }

  get state(): ConnectionState {
    return this.now;
  }

  set(change: Partial<ConnectionState>): void {
    const before = this.now;
    const now = { ...before, ...change };
    if ((Object.keys(now) as (keyof ConnectionState)[]).every((key) => now[key] === before[key])) return;
    this.now = now;
    this.onChange(now, before);
  }
}
