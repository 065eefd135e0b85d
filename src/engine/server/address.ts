/** Where clients find this engine: a private socket and `.tunesmith/engine.json`. */
import * as fs from 'node:fs';
import type * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { randomBytes } from 'node:crypto';
import { EngineAddress } from '../../protocol/engine.js';
import { writeFileAtomic } from '../disk/files.js';

/** Longer socket paths are cut off or refused by some systems. */
const LONGEST = 90;

/** A new socket address only this user can reach, in a folder of its own; on Windows a pipe with a random name. */
export function newSocketAddress(): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\tunesmith-${randomBytes(16).toString('hex')}`;
  for (const base of [process.env.XDG_RUNTIME_DIR, os.tmpdir(), '/tmp']) {
    if (!base || base.length + '/tunesmith-XXXXXX/engine'.length > LONGEST) continue;
    try {
      return path.join(fs.mkdtempSync(path.join(base, 'tunesmith-')), 'engine');
    } catch {
      // Not there or not writable: the next one.
    }
  }
  throw new Error(`No folder for the engine's socket: neither XDG_RUNTIME_DIR nor ${os.tmpdir()} can be written.`);
}

/** Removes a socket made by `newSocketAddress`, and its folder if nothing else is in it. */
export function removeSocket(address: string): void {
  if (process.platform === 'win32' || !path.basename(path.dirname(address)).startsWith('tunesmith-')) return;
  try {
    fs.rmSync(address, { force: true });
    fs.rmdirSync(path.dirname(address));
  } catch {
    // Gone already.
  }
}

/** The socket of an engine that was killed stays behind. Only for who holds the lock: the old engine is surely gone. */
export function removeStaleSocket(file: string): void {
  try {
    removeSocket(EngineAddress.parse(JSON.parse(fs.readFileSync(file, 'utf8'))).socket);
  } catch {
    // There was none.
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
  writeFileAtomic(file, JSON.stringify(address));
}

/** Removes the address unless another engine has put its own there. */
export function withdrawAddress(file: string, address: EngineAddress): void {
  try {
    if ((JSON.parse(fs.readFileSync(file, 'utf8')) as EngineAddress).token === address.token) fs.rmSync(file);
  } catch {
    // Gone already.
  }
}
