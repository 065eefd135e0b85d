/** The engine's socket: opened, announced in `engine.json`, and opened again if someone removed either. */
import * as net from 'node:net';
import { PROTOCOL_VERSION, type EngineAddress } from '../../protocol/engine/index.js';
import type { Log } from '../disk/log.js';
import { ENGINE_SOCKET, isOwnSocket, newSocket, removeSocket } from '../disk/sockets.js';
import { thisHost } from '../machine/host.js';
import { isPublished, listen, publishAddress, withdrawAddress } from './address.js';

export interface DoorOptions {
  /** Path of engine.json. */
  file: string;
  token: string;
  version: string;
  log: Log;
  accept(peer: net.Socket): void;
}

export class Door {
  private server: net.Server | null = null;
  private address: EngineAddress | null = null;

  constructor(private readonly options: DoorOptions) {}

  async open(): Promise<void> {
    const { file, token, version, log, accept } = this.options;
    const socket = newSocket(ENGINE_SOCKET);
    const server = net.createServer(accept);
    await listen(server, socket);
    server.on('error', (error) => log.error('the socket failed', error));
    // Connections of a former socket stay; only new clients come in here.
    this.server?.close();
    this.remove();
    this.server = server;
    this.address = { pid: process.pid, socket, token, version, protocol: PROTOCOL_VERSION, host: thisHost() };
    publishAddress(file, this.address);
  }

  /** Cleaners of temporary folders, and people, remove and overwrite files under a running engine. Call it regularly. */
  look(): void {
    const { address } = this;
    const { file, log } = this.options;
    const isThere = address && isOwnSocket(ENGINE_SOCKET, address.socket) && isPublished(file, address);
    if (!isThere) this.open().catch((error: unknown) => log.error('the address could not be published again', error));
  }

  /** From now on, no client finds this engine. */
  close(): void {
    if (this.address) withdrawAddress(this.options.file, this.address);
    this.server?.close();
  }

  /** Removes the socket, once all connections have ended. */
  remove(): void {
    if (this.address) removeSocket(ENGINE_SOCKET, this.address.socket);
  }
}
