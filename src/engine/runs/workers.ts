/**
 * Programs that have ended the run of a trial and wait for the next one of their search (`tunesmith.trials()`). Each waits with
 * its supervisor, to which the connection stays open. One for which no trial comes soon is let go: it may hold a GPU's memory.
 */
import type { Socket } from 'node:net';
import type { RunSpec } from '../../protocol/run/runFolder.js';
import type { SupervisorSocket } from './life/supervisorSocket.js';

/** Milliseconds that a program waits. A search's next suggestion takes less. */
const WAIT_MS = 5000;

interface Waiting {
  key: string;
  search: string;
  connection: SupervisorSocket;
  timer: NodeJS.Timeout;
}

/**
 * Returns a text that is equal for the launches that one program can take one after the other: trials of a search with the
 * same command in the same place, on the same devices. The built-in trainer reads its network from the run's folder, and
 * starts one backend. Null: its program ends with the run.
 */
export function workerKey(spec: RunSpec, placement: Record<string, string>): string | null {
  const { search, argv, variables, cwd, env, debug, cluster, capture, network, pipeline } = spec;
  if (search === null || debug || cluster || pipeline) return null;
  return JSON.stringify([search, argv, variables, cwd, env, capture, backendOf(network), placement]);
}

/** Returns the backend that a network asks for; null: the program is not the built-in trainer. */
function backendOf(network: unknown): unknown {
  if (network === undefined) return null;
  return (network as { backend?: unknown } | null)?.backend ?? 'auto';
}

export class Workers {
  private waiting: Waiting[] = [];

  /** `key` null: it can take no other run. */
  keep(key: string | null, { search }: Pick<RunSpec, 'search'>, connection: SupervisorSocket): void {
    const { socket } = connection;
    if (key === null || search === null || socket.destroyed) return dismiss(socket);
    const timer = setTimeout(() => this.drop(entry), WAIT_MS).unref();
    const entry: Waiting = { key, search, connection, timer };
    socket.on('error', () => undefined);
    socket.on('close', () => this.forget(entry));
    this.waiting.push(entry);
  }

  /** Returns the connection to the supervisor of a program that can take such a launch; it waits no longer. */
  take(key: string): SupervisorSocket | null {
    const entry = this.waiting.find((one) => one.key === key && !one.connection.socket.destroyed);
    if (!entry) return null;
    this.forget(entry);
    for (const event of ['error', 'close']) entry.connection.socket.removeAllListeners(event);
    return entry.connection;
  }

  /** The search has no more trials now. */
  endOf(search: string): void {
    for (const entry of this.waiting.filter((one) => one.search === search)) this.drop(entry);
  }

  close(): void {
    for (const entry of [...this.waiting]) this.drop(entry);
  }

  private drop(entry: Waiting): void {
    this.forget(entry);
    dismiss(entry.connection.socket);
  }

  private forget(entry: Waiting): void {
    clearTimeout(entry.timer);
    this.waiting = this.waiting.filter((one) => one !== entry);
  }
}

/** Tells the program that nothing more comes. */
function dismiss(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.end('{"type":"dismiss"}\n');
}
