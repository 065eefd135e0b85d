/** Faults between two hosts: no record is lost or doubled, and no run misjudged. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildDist } from '../../support/build.js';
import { SshServer, whyNoSshd } from '../../support/sshServer.js';
import { pause, runOver, until } from '../support.js';
import { FOLDER, HostWorkspace, place, someSteps, steps, upTo, xs } from './sshSupport.js';

const why = whyNoSshd();
let dist: string;
let server: SshServer;
let workspace: HostWorkspace;

/** Kills the processes on the host whose command line matches. */
const killThere = (pattern: string, signal = 'KILL'): void => {
  server.ask(`pkill -${signal} -f '${pattern}'`);
};

describe.skipIf(why !== null)(`when an SSH host is lost${why === null ? '' : ` (skipped: ${why})`}`, () => {
  beforeAll(async () => {
    dist = await buildDist();
    server = await SshServer.start();
  }, 120_000);
  beforeEach(() => {
    workspace = new HostWorkspace(dist, server);
  });
  afterEach(async () => {
    await workspace.remove();
  }, 60_000);
  afterAll(() => server?.stop());

  it('broken connections and killed engines lose and double no record', async () => {
    let engine = await workspace.engine();
    const { id } = await workspace.start(engine, workspace.file('params: { lr: 1, steps: 250, pause: 50 }\n'));
    for (let turn = 0; turn < 5; turn++) {
      await someSteps(engine, id, (await steps(engine, id)) + 10);
      if (turn % 2 === 0) {
        await workspace.killEngine();
        server.breakConnections();
        engine = await workspace.engine();
      } else expect(server.breakConnections()).toBeGreaterThan(0);
    }
    expect((await engine.request('runs/get', { id })).status).toBe('running');
    await until('its end', async () => (await engine.request('runs/get', { id })).status === 'completed', 40_000);
    expect(await xs(engine, id)).toEqual(upTo(250));
    expect((await engine.request('metrics/read', { run: id, metric: 'loss' })).points).toHaveLength(250);
    expect(workspace.printed(id).match(/begins at/g)).toHaveLength(1);
  }, 120_000);

  it('a run goes on and ends while nobody is connected, and its records come when somebody is', async () => {
    const engine = await workspace.engine();
    const { id } = await workspace.start(engine, workspace.file('params: { lr: 1, steps: 60, pause: 50 }\n'));
    await someSteps(engine, id, 3);
    await workspace.killEngine();
    server.breakConnections();
    await pause(5000);
    const later = await workspace.engine();
    await until('its end', async () => (await later.request('runs/get', { id })).status === 'completed', 20_000);
    expect(await xs(later, id)).toEqual(upTo(60));
  }, 60_000);

  it('a host that can not be reached ends nothing: the run waits, says why, and can be stopped', async () => {
    await server.kill();
    const engine = await workspace.engine();
    const file = workspace.file('params: { lr: 1, steps: 5, pause: 10 }\n');
    const { id } = await workspace.start(engine, file);
    await until('the reason', async () => /^ssh gpu-box \(.*Connection refused/.test(await place(engine, id)));
    expect((await engine.request('runs/get', { id })).status).toBe('starting');
    await server.up();
    await until('its end', async () => (await engine.request('runs/get', { id })).status === 'completed', 40_000);
    expect(await place(engine, id)).toMatch(/^ssh gpu-box/);
  }, 120_000);

  it('a full disk on the host is said, does not get fuller with every attempt, and the run starts once there is room', async () => {
    const quoted = `"${FOLDER}"`;
    server.ask(`mkdir -p ${quoted} && mount -t tmpfs -o size=600m tmpfs ${quoted}`);
    try {
      const engine = await workspace.engine();
      const file = workspace.file('params: { lr: 1, steps: 3, pause: 10 }\n');
      const first = await workspace.start(engine, file);
      await until(
        'its end',
        async () => (await engine.request('runs/get', { id: first.id })).status === 'completed',
        40_000,
      );
      fs.writeFileSync(workspace.at('data.bin'), randomBytes(24 << 20));
      server.ask(`cd ${quoted} && head -c $(( $(df --output=avail -B1 . | tail -1) - ${8 << 20} )) /dev/zero > full`);
      const { id } = await workspace.start(engine, file);
      await until('the reason', async () => /disk of gpu-box is full/.test(await place(engine, id)), 40_000);
      await pause(8000);
      expect(server.ask(`find ${quoted} -name '.incoming-*' -maxdepth 4 | wc -l`)?.trim()).toBe('1');
      expect((await engine.request('runs/get', { id })).status).toBe('starting');
      server.ask(`rm ${quoted}/full`);
      await until('its end', async () => (await engine.request('runs/get', { id })).status === 'completed', 60_000);
      expect(server.ask(`find ${quoted} -name '.incoming-*' -maxdepth 4 | wc -l`)?.trim()).toBe('0');
    } finally {
      await workspace.killEngine();
      server.ask(`pkill -f ${quoted}; sleep 1; umount -l ${quoted}`);
    }
  }, 180_000);

  it('a request to stop that is made without a connection is heard later', async () => {
    const engine = await workspace.engine();
    const { id } = await workspace.start(engine, workspace.file('params: { lr: 1, steps: 100000, pause: 50 }\n'));
    await someSteps(engine, id);
    await workspace.killEngine();
    server.forget();
    server.breakConnections();
    const later = await workspace.engine();
    await until('the reason', async () => /Host key verification failed/.test(await place(later, id)));
    await later.request('runs/stop', { ids: [id] });
    await pause(1000);
    expect((await later.request('runs/get', { id })).status).toBe('stopping');
    server.know();
    await until('its end', async () => (await later.request('runs/get', { id })).status === 'stopped', 60_000);
  }, 120_000);

  it('a host that loses its power loses the run, which is done again from its checkpoint as `retries:` says', async () => {
    const engine = await workspace.engine();
    const { id } = await workspace.start(
      engine,
      workspace.file('params: { lr: 1, steps: 120, pause: 50 }\nretries: { lost: 1 }\n'),
    );
    await someSteps(engine, id, 20);
    await server.kill();
    await pause(3000);
    expect((await engine.request('runs/get', { id })).status).toBe('running');
    await server.up();
    await until('its end', async () => (await engine.request('runs/get', { id })).status === 'completed', 90_000);
    const { messages } = await engine.request('runs/get', { id });
    expect(messages.map(({ text }) => text).join('\n')).toMatch(/Launched again \(1 of 1\): The SSH job/);
    expect(await xs(engine, id)).toEqual(upTo(120));
    expect(workspace.printed(id).match(/begins at/g)).toHaveLength(2);
  }, 180_000);

  it('a killed program fails; a killed supervisor leaves a program that is seen, stopped, and blocks no other', async () => {
    const engine = await workspace.engine();
    const file = workspace.file('params: { lr: 1, steps: 100000, pause: 50 }\n');
    const killed = await workspace.start(engine, file);
    await someSteps(engine, killed.id);
    killThere('[m]odule.cjs');
    expect(await runOver(engine, killed.id)).toMatchObject({ status: 'failed', error: { kind: 'signal' } });
    const orphan = await workspace.start(engine, file);
    await someSteps(engine, orphan.id);
    killThere('[s]upervisor.cjs');
    await someSteps(engine, orphan.id, (await steps(engine, orphan.id)) + 60);
    expect((await engine.request('runs/get', { id: orphan.id })).status).toBe('running');
    await engine.request('runs/stop', { ids: [orphan.id] });
    await until(
      'its end',
      async () => (await engine.request('runs/get', { id: orphan.id })).status === 'stopped',
      60_000,
    );
    expect(server.ask('pgrep -f "[m]odule.cjs"')).toBeNull();
  }, 120_000);

  it('a killed keeper is replaced, and the jobs that wait begin in their order', async () => {
    const engine = await workspace.engine();
    const file = workspace.file('params: { lr: 1, steps: 40, pause: 50 }\n');
    const first = await workspace.start(engine, file);
    await someSteps(engine, first.id);
    killThere('[r]emote.cjs keep');
    const second = await workspace.start(engine, file);
    for (const { id } of [first, second]) {
      await until('its end', async () => (await engine.request('runs/get', { id })).status === 'completed', 40_000);
      expect(await xs(engine, id)).toEqual(upTo(40));
    }
  }, 120_000);
});

describe.skipIf(why !== null)('an SSH host without Node and rsync', () => {
  it('gets this machine’s Node, and the code as an archive', async () => {
    dist = await buildDist();
    const programs = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/rsync'];
    const bare = await SshServer.start({ hidden: programs.filter((file) => fs.existsSync(file)) });
    server = bare;
    const own = new HostWorkspace(dist, bare);
    try {
      fs.mkdirSync(own.at('ein Ordner'));
      own.write('ein Ordner/数据.txt', 'x');
      const engine = await own.engine();
      const { id } = await own.start(engine, own.file('params: { lr: 1, steps: 5, pause: 10 }\n'));
      await until('its end', async () => (await engine.request('runs/get', { id })).endedAt !== null, 90_000);
      expect(await engine.request('runs/get', { id })).toMatchObject({ status: 'completed', error: null });
      expect(fs.readdirSync(bare.disk("l'été 実験", 'bin')).some((name) => name.startsWith('node-v'))).toBe(true);
      expect(bare.ask('ls /tmp/l*/*/*/ein*')?.trim()).toBe('数据.txt');
    } finally {
      await own.remove();
      await bare.stop();
    }
  }, 180_000);
});
