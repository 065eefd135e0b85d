import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PluginBuild } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { isOlder } from '../../../../src/engine/clients/connect.js';
import { connectEngine, EngineError, EngineLink } from '../../../../src/engine/clients/index.js';
import { openSocket, SocketConnection } from '../../../../src/engine/clients/connection.js';
import { ErrorCode, PROTOCOL_VERSION, type EngineAddress } from '../../../../src/protocol/engine/index.js';
import { buildDist, bundle } from '../../support/build.js';
import { experiment, isAlive, runWith, TRAIN, until, useWorkspace, Workspace } from '../support.js';

const address = (workspace: Workspace): EngineAddress =>
  JSON.parse(fs.readFileSync(workspace.local.address, 'utf8')) as EngineAddress;

describe('finding and starting', () => {
  let workspace: Workspace;
  afterEach(() => workspace.remove());
  const fresh = async () => (workspace = new Workspace(await buildDist()));

  it('starts exactly one engine for clients that come at the same time', async () => {
    await fresh();
    const connections = await Promise.all(Array.from({ length: 4 }, () => workspace.connect()));
    const pids = new Set(connections.map((connection) => connection.engine.pid));
    expect(pids.size).toBe(1);
    const status = await connections[0]!.request('engine/status', {});
    expect(status).toMatchObject({ clients: 4, runs: 0, searches: 0, version: '0.1.0', problem: null });
    expect(workspace.engineLog().match(/ is up for /g)).toHaveLength(1);
  });

  it('keeps its files private and out of git', async () => {
    await fresh();
    await workspace.connect();
    expect(fs.statSync(workspace.local.address).mode & 0o777).toBe(0o600);
    expect(fs.statSync(path.dirname(address(workspace).socket)).mode & 0o777).toBe(0o700);
    expect(address(workspace).socket.length).toBeLessThan(100);
    expect(fs.readFileSync(workspace.at('.tunesmith/.gitignore'), 'utf8')).toBe('*\n');
  });

  it('does not start one if `start` is false', async () => {
    await fresh();
    await expect(workspace.connect({ start: false })).rejects.toMatchObject({ kind: 'not-running' });
    expect(fs.existsSync(workspace.at('.tunesmith'))).toBe(false);
  });

  it('leaves when it has neither clients nor work, and not before', async () => {
    await fresh();
    workspace.write('train.mjs', TRAIN);
    const file = workspace.write('a.tune.yaml', experiment('node train.mjs', 'params: { steps: 30, pause: 100 }\n'));
    const connection = await workspace.connect({ env: { TUNESMITH_ENGINE_IDLE_SECONDS: '1' } });
    const { pid } = connection.engine;
    const { run } = await connection.request('runs/start', { file });
    connection.dispose();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(isAlive(pid)).toBe(true);
    await until('the engine to leave', () => !isAlive(pid));
    expect(fs.existsSync(workspace.local.address)).toBe(false);
    const again = await workspace.connect();
    expect((await runWith(again, run.id, 'completed')).metrics.loss?.count).toBe(30);
  });

  it('shows the end of the log when the engine can not start', async () => {
    await fresh();
    fs.mkdirSync(workspace.local.store, { recursive: true });
    await expect(workspace.connect()).rejects.toMatchObject({
      kind: 'start-failed',
      message: expect.stringContaining('the engine could not start') as string,
    });
  });

  it('says which command is missing when there is no engine bundle', async () => {
    await fresh();
    await expect(workspace.connect({ distFolder: workspace.folder })).rejects.toThrow(/node esbuild\.mjs/);
  });

  it('takes no notice of an address whose engine is gone', async () => {
    await fresh();
    const first = await workspace.connect();
    await workspace.killEngine();
    expect(fs.existsSync(workspace.local.address)).toBe(true);
    const { socket } = address(workspace);
    const second = await workspace.connect();
    expect(second.engine.pid).not.toBe(first.engine.pid);
    expect(first.closed).toBe(true);
    expect(fs.existsSync(path.dirname(socket))).toBe(false);
  });

  it('publishes its address again when the files were removed', async () => {
    await fresh();
    const first = await workspace.connect();
    const { socket } = address(workspace);
    fs.rmSync(workspace.local.address);
    fs.rmSync(path.dirname(socket), { recursive: true, force: true });
    const second = await workspace.connect();
    expect(second.engine.pid).toBe(first.engine.pid);
    await expect(first.request('engine/status', {})).resolves.toMatchObject({ clients: 2 });
  });

  it('is found again after its address was overwritten', async () => {
    await fresh();
    const first = await workspace.connect();
    fs.writeFileSync(workspace.local.address, '{"pid": 1, "socket": "34567"}');
    const second = await workspace.connect();
    expect(second.engine.pid).toBe(first.engine.pid);
  });

  it('neither uses nor removes files of the workspace with the same names as its own', async () => {
    await fresh();
    const victim = workspace.at('tunesmith-AbCdEf');
    fs.mkdirSync(victim, { mode: 0o700 });
    fs.writeFileSync(path.join(victim, 'engine'), 'precious');
    fs.writeFileSync(workspace.at('notes.txt'), 'mine\n');
    fs.mkdirSync(workspace.at('.tunesmith'));
    fs.symlinkSync(workspace.at('notes.txt'), workspace.at('.tunesmith/engine.log'));
    const carried = { pid: 1, socket: path.join(victim, 'engine'), token: 'x', version: '0.1.0', protocol: 1 };
    fs.writeFileSync(workspace.at('.tunesmith/engine.json'), JSON.stringify(carried));
    fs.writeFileSync(workspace.at('.tunesmith/store.db'), 'no database');
    // Held, as by somebody who wants to lock everybody else out.
    const held = new DatabaseSync(workspace.at('.tunesmith/engine.lock'));
    held.exec('BEGIN EXCLUSIVE');
    await workspace.connect();
    held.close();
    expect(fs.readFileSync(path.join(victim, 'engine'), 'utf8')).toBe('precious');
    expect(fs.readFileSync(workspace.at('notes.txt'), 'utf8')).toBe('mine\n');
    expect(fs.readFileSync(workspace.at('.tunesmith/store.db'), 'utf8')).toBe('no database');
    expect(JSON.parse(fs.readFileSync(workspace.at('.tunesmith/engine.json'), 'utf8'))).toEqual(carried);
  });

  it('works, and reports the problem, while the home is unusable', async () => {
    await fresh();
    const home = workspace.at('home');
    fs.writeFileSync(home, 'a file');
    const before = process.env.TUNESMITH_HOME;
    process.env.TUNESMITH_HOME = home;
    try {
      const connection = await workspace.connect();
      const status = await connection.request('engine/status', {});
      expect(status.problem).toMatch(/can't be used: it is not a folder/);
      expect((await workspace.connect()).engine.pid).toBe(connection.engine.pid);
      await connection.request('engine/stop', { force: true });
      await until('the engine to leave', () => !isAlive(connection.engine.pid));
      fs.rmSync(path.dirname(status.log), { recursive: true });
    } finally {
      if (before === undefined) delete process.env.TUNESMITH_HOME;
      else process.env.TUNESMITH_HOME = before;
    }
  });

  it('leaves when its folder is removed', async () => {
    await fresh();
    const connection = await workspace.connect();
    const why = new Promise((resolve) => connection.on('leaving', (params) => resolve(params.why)));
    fs.rmSync(workspace.at('.tunesmith'), { recursive: true, force: true });
    await expect(why).resolves.toMatch(/folder was removed/);
    await until('the engine to leave', () => !isAlive(connection.engine.pid));
  });

  it('ends cleanly on SIGTERM', async () => {
    await fresh();
    const connection = await workspace.connect();
    const socket = address(workspace).socket;
    process.kill(connection.engine.pid, 'SIGTERM');
    await until('the engine to leave', () => !isAlive(connection.engine.pid));
    expect(fs.existsSync(workspace.local.address)).toBe(false);
    expect(fs.existsSync(socket)).toBe(false);
    expect(workspace.engineLog()).toContain('engine leaves: It got SIGTERM');
  });
});

describe('who may talk to it', () => {
  const workspace = useWorkspace();

  async function raw(): Promise<SocketConnection> {
    await workspace().connect();
    return new SocketConnection(await openSocket(address(workspace()).socket, 2000));
  }

  it('refuses a wrong token and ends the connection', async () => {
    const connection = await raw();
    const hello = { client: 'x', version: '0.1.0', protocol: PROTOCOL_VERSION, token: 'wrong' };
    await expect(connection.request('initialize', hello)).rejects.toMatchObject({ code: ErrorCode.unauthorized });
    await until('the end', () => connection.closed);
  });

  it('answers nothing before the token was shown', async () => {
    const connection = await raw();
    await expect(connection.request('runs/list', {})).rejects.toMatchObject({ code: ErrorCode.unauthorized });
    await expect(connection.request('engine/stop', { force: true })).rejects.toMatchObject({
      code: ErrorCode.unauthorized,
    });
    connection.dispose();
  });

  it('drops a peer that talks too much before the token', async () => {
    await workspace().connect();
    const socket = net.connect(address(workspace()).socket);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.write('Content-Length: 99999999\r\n\r\n' + 'x'.repeat(200_000));
    await closed;
  });

  it('refuses bad parameters, unknown methods and unknown keys with a message', async () => {
    const connection = await workspace().connect();
    await expect(connection.request('runs/list', { limit: 0 })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/runs\/list[\s\S]*limit/) as string,
    });
    await expect(connection.request('runs/stop', { ids: [] })).rejects.toThrow(/ids/);
    await expect(connection.request('runs/get', { id: 'x', more: 1 } as never)).rejects.toThrow(/more/);
    await expect(connection.request('runs/get', { id: 'nothing' })).rejects.toMatchObject({ code: ErrorCode.notFound });
    await expect(connection.request('nothing' as never, {} as never)).rejects.toMatchObject({ kind: 'refused' });
  });

  it('refuses a file with mistakes with file, line and column', async () => {
    const connection = await workspace().connect();
    const file = workspace().write('bad.tune.yaml', 'name: x\nrun: node a.mjs\nparms:\n  lr: 1\n');
    const refused = await connection.request('runs/start', { file }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(EngineError);
    expect(refused).toMatchObject({
      code: ErrorCode.invalidFile,
      problems: [{ file, line: 3, column: 1, hint: expect.stringContaining('params') as string }],
    });
    await expect(connection.request('runs/start', { file: workspace().at('no.tune.yaml') })).rejects.toThrow(
      /no such file/,
    );
  });
});

describe('versions', () => {
  const workspace = useWorkspace();
  /** The same engine, but of another version and an older protocol. */
  async function oldDist(): Promise<string> {
    const folder = path.join(workspace().dist, '..', 'old-dist');
    if (!fs.existsSync(folder)) {
      const older = {
        name: 'older',
        setup(build: PluginBuild) {
          build.onLoad({ filter: /protocol[\\/]engine[\\/]index\.ts$/ }, ({ path: file }) => ({
            loader: 'ts',
            contents: fs
              .readFileSync(file, 'utf8')
              .replace(`PROTOCOL_VERSION = ${PROTOCOL_VERSION}`, 'PROTOCOL_VERSION = 0'),
          }));
        },
      };
      await bundle(folder, [older], '0.0.1');
    }
    return folder;
  }

  async function startOld(): Promise<number> {
    // This client speaks the new protocol, so it only starts the old engine and is then refused by it.
    const started = await workspace()
      .connect({ distFolder: await oldDist(), timeoutMs: 20_000 })
      .catch((error: unknown) => error);
    expect(started).toMatchObject({ kind: 'incompatible' });
    return until('the old engine', () => workspace().enginePid());
  }

  it('orders versions', () => {
    expect(isOlder('0.1.0', '0.1.1')).toBe(true);
    expect(isOlder('0.9.0', '0.10.0')).toBe(true);
    expect(isOlder('1.0.0-beta', '1.0.0')).toBe(true);
    expect(isOlder('1.0.0', '1.0.0')).toBe(false);
    expect(isOlder('2.0.0', '1.9.9')).toBe(false);
  });

  it('replaces an older engine that has no work, keeps one that has', async () => {
    const first = await workspace().connect();
    const newer = await workspace().connect({ version: '9.0.0' });
    expect(newer.engine.pid).not.toBe(first.engine.pid);
    await until('the old connection to end', () => first.closed);

    workspace().write('train.mjs', TRAIN);
    const file = workspace().write('a.tune.yaml', experiment('node train.mjs', 'params: { steps: 200, pause: 100 }\n'));
    const { run } = await newer.request('runs/start', { file });
    const kept = await workspace().connect({ version: '10.0.0' });
    expect(kept.engine.pid).toBe(newer.engine.pid);
    await kept.request('runs/stop', { ids: [run.id] });
    await runWith(kept, run.id, 'stopped');
    await kept.request('engine/stop', {});
    await until('the engine to leave', () => !isAlive(kept.engine.pid));
  });

  it('replaces an engine of another protocol when it is idle', async () => {
    const old = await startOld();
    const connection = await workspace().connect();
    expect(connection.engine).toMatchObject({ version: '0.1.0', protocol: PROTOCOL_VERSION });
    expect(isAlive(old)).toBe(false);
  });
});

describe('EngineLink', () => {
  const workspace = useWorkspace();

  it('reconnects after the engine was killed, not after it was stopped', async () => {
    const link = new EngineLink({
      workspace: workspace().folder,
      client: 'link',
      version: '0.1.0',
      distFolder: workspace().dist,
    });
    const states: string[] = [];
    link.onState((state) => states.push(state.kind));
    const { pid } = await link.request('engine/status', {});
    await workspace().killEngine();
    const again = await until('another engine', async () => {
      if (link.state.kind !== 'connected') return null;
      const status = await link.request('engine/status', {}).catch(() => null);
      return status && status.pid !== pid ? status : null;
    });
    expect(states).toEqual(['connecting', 'connected', 'disconnected', 'connecting', 'connected']);
    await link.request('engine/stop', {});
    await until('the engine to leave', () => !isAlive(again.pid));
    await until('the state', () => link.state.kind === 'disconnected');
    expect(link.state).toMatchObject({ retryAt: null });
    link.dispose();
    await expect(link.connect()).rejects.toMatchObject({ kind: 'closed' });
  });

  it('gives up at once on request', async () => {
    const abort = new AbortController();
    abort.abort();
    const options = { workspace: workspace().folder, client: 'x', version: '0.1.0', distFolder: workspace().dist };
    await expect(connectEngine({ ...options, signal: abort.signal })).rejects.toMatchObject({ kind: 'closed' });
  });
});
