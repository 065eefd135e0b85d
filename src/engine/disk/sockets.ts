/**
 * Local sockets that only this user can reach: each is in a separate folder (mode 0700) with a random name. An address
 * that was read from a file is used only if it names such a socket.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { l10n } from '../../format/l10n.js';

export interface SocketKind {
  /** Prefix of the folder's name, followed by six random characters; a Windows pipe's, followed by random digits. */
  prefix: string;
  /** Name of the socket in its folder. */
  leaf: string;
}

export const ENGINE_SOCKET: SocketKind = { prefix: 'tunesmith-', leaf: 'engine' };
export const RUN_SOCKET: SocketKind = { prefix: 'tsm-', leaf: 's' };

/** Some systems cut off or refuse longer socket paths. */
const LONGEST = 90;
const PIPES = '\\\\.\\pipe\\';

/** Creates a new address in a new private folder; on Windows a pipe's name. Throws when no folder can be created. */
export function newSocket({ prefix, leaf }: SocketKind): string {
  if (process.platform === 'win32') return `${PIPES}${prefix}${randomBytes(16).toString('hex')}`;
  const bases = [process.env.XDG_RUNTIME_DIR, tmpdir(), '/tmp'].filter((base): base is string => !!base);
  let problem = l10n.t('its path is too long');
  for (const base of bases) {
    if (Buffer.byteLength(join(base, `${prefix}XXXXXX`, leaf)) > LONGEST) continue;
    try {
      return join(mkdtempSync(join(base, prefix)), leaf);
    } catch (error) {
      problem = (error as Error).message;
    }
  }
  throw new Error(l10n.t('No private folder for a socket can be made in {0}: {1}.', bases.join(' or '), problem));
}

/** Returns whether the address names a socket of this kind in a private folder of this user, and not a port, a link or a file. */
export function isOwnSocket(kind: SocketKind, address: string): boolean {
  if (process.platform === 'win32') return isPipe(kind, address);
  try {
    return isOwnFolder(kind, address) && lstatSync(address).isSocket();
  } catch {
    return false;
  }
}

/** Removes a socket that `newSocket` made, and its folder if it contains nothing else. Touches nothing else. */
export function removeSocket(kind: SocketKind, address: string): void {
  if (process.platform === 'win32') return;
  try {
    if (!isOwnFolder(kind, address)) return;
    if (isOwnSocket(kind, address)) rmSync(address);
    rmdirSync(dirname(address));
  } catch {
    // It is gone already.
  }
}

function isPipe({ prefix }: SocketKind, address: string): boolean {
  return address.startsWith(PIPES + prefix) && /^[0-9a-f]{18,}$/.test(address.slice(PIPES.length + prefix.length));
}

function isOwnFolder({ prefix, leaf }: SocketKind, address: string): boolean {
  const folder = dirname(address);
  const name = basename(folder);
  if (!isAbsolute(address) || normalize(address) !== address || basename(address) !== leaf) return false;
  if (!name.startsWith(prefix) || !/^[A-Za-z0-9]{6}$/.test(name.slice(prefix.length))) return false;
  const stat = lstatSync(folder);
  return stat.isDirectory() && stat.uid === process.getuid!() && (stat.mode & 0o077) === 0;
}
