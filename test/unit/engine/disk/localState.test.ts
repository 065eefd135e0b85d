import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isPrivateFolder, localFolder, localFolders, prepareLocal } from '../../../../src/engine/disk/localState.js';
import {
  ENGINE_SOCKET,
  isOwnSocket,
  newSocket,
  removeSocket,
  RUN_SOCKET,
} from '../../../../src/engine/disk/sockets.js';

let base: string;
const at = (...names: string[]): string => path.join(base, ...names);
const mode = (file: string): number => fs.lstatSync(file).mode & 0o777;
const posix = process.platform !== 'win32';

beforeEach(() => {
  base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'ts-')));
  for (const name of ['home', 'run', 'tmp']) fs.mkdirSync(at(name));
  vi.stubEnv('TUNESMITH_HOME', at('home', 'tunesmith'));
  vi.stubEnv('XDG_RUNTIME_DIR', at('run'));
  vi.stubEnv('TMPDIR', at('tmp'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(base, { recursive: true, force: true });
});

describe.runIf(posix)('local state of a workspace', () => {
  it('is a private folder in the home, whatever the modes were', () => {
    const { folder, problem } = prepareLocal('/a/workspace');
    expect(problem).toBeNull();
    expect(folder).toBe(localFolder('/a/workspace'));
    expect(path.dirname(folder)).toBe(at('home', 'tunesmith', 'workspaces'));
    fs.chmodSync(folder, 0o755);
    fs.chmodSync(path.dirname(folder), 0o777);
    expect(isPrivateFolder(folder)).toBe(false);
    expect(prepareLocal('/a/workspace').folder).toBe(folder);
    expect([mode(folder), mode(path.dirname(folder))]).toEqual([0o700, 0o700]);
    expect(isPrivateFolder(folder)).toBe(true);
    expect(localFolder('/another')).not.toBe(folder);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('goes to a private folder for temporary files while the home can not be used, and says why', () => {
    fs.writeFileSync(at('home', 'tunesmith'), 'a file');
    const { folder, problem } = prepareLocal('/a/workspace');
    expect(folder.startsWith(at('run') + path.sep)).toBe(true);
    expect(localFolders('/a/workspace')).toContain(folder);
    expect(problem).toMatch(
      /^The Tunesmith home .*home.tunesmith can't be used: it is not a folder\. Until that is fixed/,
    );
    expect(isPrivateFolder(folder)).toBe(true);
  });

  it('goes there as well while paths in the home are too long for a database', () => {
    vi.stubEnv('TUNESMITH_HOME', at('home', ...Array.from({ length: 6 }, () => 'h'.repeat(85))));
    const { folder, problem } = prepareLocal('/a/workspace');
    expect(folder.startsWith(at('run') + path.sep)).toBe(true);
    expect(problem).toMatch(/its files would have paths of 6\d\d bytes, and a database's may have 490\. Until/);
    expect(new DatabaseSync(path.join(folder, 'asked.db')).prepare('SELECT 1 one').get()).toEqual({ one: 1 });
  });

  it('follows no link that somebody has put in its place, and says when nothing can be used', () => {
    fs.writeFileSync(at('home', 'tunesmith'), '');
    fs.mkdirSync(at('elsewhere'));
    // By base: the home, the user's runtime folder, the folder for temporary files.
    const bases = new Set(localFolders('/a/workspace').map((folder) => path.dirname(path.dirname(folder))));
    const fallbacks = [...bases].slice(1);
    expect(fallbacks).toHaveLength(2);
    for (const base of fallbacks) fs.symlinkSync(at('elsewhere'), base);
    expect(() => prepareLocal('/a/workspace')).toThrow(/set TUNESMITH_HOME to a folder that you own and can write/);
    expect(fs.readdirSync(at('elsewhere'))).toEqual([]);
  });
});

describe.runIf(posix)('a socket', () => {
  const listening = async (address: string): Promise<net.Server> => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(address, resolve));
    return server;
  };

  it('is ours only in a private folder with a name of ours', async () => {
    const address = newSocket(ENGINE_SOCKET);
    expect(isOwnSocket(ENGINE_SOCKET, address)).toBe(false);
    const server = await listening(address);
    expect(isOwnSocket(ENGINE_SOCKET, address)).toBe(true);
    expect(isOwnSocket(RUN_SOCKET, address)).toBe(false);
    fs.chmodSync(path.dirname(address), 0o750);
    expect(isOwnSocket(ENGINE_SOCKET, address)).toBe(false);
    fs.chmodSync(path.dirname(address), 0o700);
    for (const other of ['34567', '127.0.0.1:34567', path.relative(process.cwd(), address), `${address}/../engine`]) {
      expect(isOwnSocket(ENGINE_SOCKET, other), other).toBe(false);
    }
    removeSocket(ENGINE_SOCKET, address);
    expect(fs.existsSync(path.dirname(address))).toBe(false);
    server.close();
  });

  it('is neither a file nor a link, and removing it removes nothing else', async () => {
    const folder = at('tunesmith-AbCdEf');
    fs.mkdirSync(folder, { mode: 0o700 });
    const address = path.join(folder, 'engine');
    fs.writeFileSync(address, 'precious');
    expect(isOwnSocket(ENGINE_SOCKET, address)).toBe(false);
    removeSocket(ENGINE_SOCKET, address);
    expect(fs.readFileSync(address, 'utf8')).toBe('precious');
    fs.rmSync(address);
    const real = at('real');
    const server = await listening(real);
    fs.symlinkSync(real, address);
    expect(isOwnSocket(ENGINE_SOCKET, address)).toBe(false);
    server.close();
  });
});
