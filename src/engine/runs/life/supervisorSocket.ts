/** A connection to a supervisor. A thousand of them may have data in one turn of the event loop, so reading one has to be cheap. */
import * as net from 'node:net';

/** Every read goes through this memory: a separate buffer for each costs more than what is done with a few records. */
const READ = Buffer.alloc(64 * 1024);

export interface SupervisorSocket {
  readonly socket: net.Socket;
  /** Called with new data, which is the caller's to keep. */
  data: (chunk: Buffer) => void;
}

export function connectSupervisor(path: string): SupervisorSocket {
  const connection: { socket?: net.Socket; data: (chunk: Buffer) => void } = { data: () => undefined };
  const callback = (bytes: number): boolean => {
    connection.data(Buffer.from(READ.subarray(0, bytes)));
    return true;
  };
  connection.socket = net.connect({ path, onread: { buffer: READ, callback } });
  return connection as SupervisorSocket;
}
