/** The address of this engine: a private socket, and `engine.json` in this user's own folder for the workspace. */
import * as fs from 'node:fs';
import type * as net from 'node:net';
import { EngineAddress } from '../../protocol/engine/index.js';
import type { HostIdentity } from '../../protocol/run/host.js';
import { readReal, writeReal } from '../../files/real.js';
import { ENGINE_SOCKET, removeSocket } from '../disk/sockets.js';

/** Maximum size of an address in bytes. */
const LARGEST = 64 * 1024;

/**
 * Removes the socket that a killed engine left. Only the holder of the lock may call it, because the old engine is
 * certainly gone then.
 */
export function removeStaleSocket(file: string): void {
  try {
    removeSocket(ENGINE_SOCKET, EngineAddress.parse(JSON.parse(readReal(file, LARGEST))).socket);
  } catch {
    // There was none.
  }
}

/** Returns the host of the engine with this address; null when there is none. */
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

/** Returns whether the file still contains this address: it may have been removed or overwritten. */
export function isPublished(file: string, address: EngineAddress): boolean {
  try {
    return (JSON.parse(readReal(file, LARGEST)) as EngineAddress).token === address.token;
  } catch {
    return false;
  }
}

/** Removes the address unless another engine has written its own. */
export function withdrawAddress(file: string, address: EngineAddress): void {
  if (isPublished(file, address)) fs.rmSync(file, { force: true });
}
