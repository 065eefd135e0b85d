/** The address of this engine: a private socket, and `engine.json` in this user's own folder for the workspace. */
import * as fs from 'node:fs';
import type * as net from 'node:net';
import { EngineAddress } from '../../protocol/engine.js';
import type { HostIdentity } from '../../protocol/host.js';
import { readReal, writeReal } from '../../files/real.js';
import { ENGINE_SOCKET, removeSocket } from '../disk/sockets.js';

/** Bytes of an address, at most. */
const LARGEST = 64 * 1024;

/** The socket of an engine that was killed stays behind. Only for who holds the lock: the old engine is surely gone. */
export function removeStaleSocket(file: string): void {
  try {
    removeSocket(ENGINE_SOCKET, EngineAddress.parse(JSON.parse(readReal(file, LARGEST))).socket);
  } catch {
    // There was none.
  }
}

/** Host of the engine whose address this is; null when there is none. */
export function hostOf(file: string): HostIdentity | null {
  try {
    return EngineAddress.parse(JSON.parse(readReal(file, LARGEST))).host ?? null;
  } catch {
    return null;
  }
}

export function listen(server: net.Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

export function publishAddress(file: string, address: EngineAddress): void {
  writeReal(file, JSON.stringify(address));
}

/** True while the file holds this very address: it may have been removed or overwritten. */
export function isPublished(file: string, address: EngineAddress): boolean {
  try {
    return (JSON.parse(readReal(file, LARGEST)) as EngineAddress).token === address.token;
  } catch {
    return false;
  }
}

/** Removes the address unless another engine has put its own there. */
export function withdrawAddress(file: string, address: EngineAddress): void {
  if (isPublished(file, address)) fs.rmSync(file, { force: true });
}
