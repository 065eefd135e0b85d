import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { examine } from '../../../../src/engine/doctor/index.js';
import type { ConnectOptions, EngineConnection } from '../../../../src/engine/clients/index.js';
import { atOnce, NotPackedError } from '../../../../src/engine/runs/packing/files.js';
import { packJournal } from '../../../../src/engine/runs/packing/pack.js';
import { unpackJournal } from '../../../../src/engine/runs/packing/unpack.js';
import { journalNames, journalSize, openJournal } from '../../../../src/store/journal/file.js';
import { Store } from '../../../../src/store/store.js';
import { Packing } from '../../../../src/store/journal/packed/container.js';
import { newRun, openStore, random, temporary } from '../../store/helpers.js';
import { experiment, pause, runOver, TRAIN, until, useWorkspace } from '../support.js';

const ALWAYS = { mayChange: () => true };
const next = random(7);
const lines = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) =>
      `{"type":"metrics","time":${17e11 + i * 40.5},"step":${i},"values":{"loss":${next()},"acc":${Math.fround(next())}}}\n`,
  ).join('');

function contentOf(file: string): string {
  const journal = openJournal(file)!;
  try {
    return journal.read(0, journal.size).toString();
  } finally {
    journal.close();
  }
}

describe('a journal', () => {
  it('is packed and unpacked without a change, and read at any place meanwhile', async () => {
    const folder = temporary();
    const file = path.join(folder, 'rank0-1.ndjson');
    const text = `${lines(5000)}{"half a line`;
    fs.writeFileSync(file, text);
    const { before, after } = await packJournal(file, ALWAYS);
    expect(before).toBe(text.length);
    expect(after).toBeLessThan(before / 5);
    expect(fs.readdirSync(folder)).toEqual(['rank0-1.ndjson.packed']);
    expect(journalNames(folder)).toEqual(['rank0-1.ndjson']);
    expect(journalSize(file)).toBe(text.length);
    expect(contentOf(file)).toBe(text);
    const journal = openJournal(file)!;
    for (let i = 0; i < 50; i++) {
      const at = Math.floor(next() * text.length * 1.1);
      const length = Math.floor(next() * 300_000);
      expect(journal.read(at, length).toString()).toBe(text.slice(at, at + length));
    }
    journal.close();
    atOnce(unpackJournal(file, ALWAYS));
    expect(fs.readdirSync(folder)).toEqual(['rank0-1.ndjson']);
    expect(fs.readFileSync(file, 'utf8')).toBe(text);
  });

  it('stays as it is while it is used, if it grows meanwhile, and if it is a link', async () => {
    const folder = temporary();
    const file = path.join(folder, 'rank0-1.ndjson');
    fs.writeFileSync(file, lines(3000));
    await expect(packJournal(file, { mayChange: () => false })).rejects.toThrow(NotPackedError);
    const text = lines(1);
    let isAppended = false;
    const mayChange = (): boolean => {
      if (!isAppended) fs.appendFileSync(file, text);
      return (isAppended = true);
    };
    await expect(packJournal(file, { mayChange })).rejects.toThrow(NotPackedError);
    expect(fs.readdirSync(folder)).toEqual(['rank0-1.ndjson']);
    const target = path.join(folder, 'secret');
    fs.writeFileSync(target, lines(100));
    const link = path.join(folder, 'rank0-2.ndjson');
    fs.symlinkSync(target, link);
    await expect(packJournal(link, ALWAYS)).rejects.toThrow();
    // Neither is written through a link.
    fs.symlinkSync(target, `${file}.packed`);
    await expect(packJournal(file, ALWAYS)).rejects.toThrow();
    expect(fs.readFileSync(target, 'utf8').split('\n')).toHaveLength(101);
  });

  it('is whole after a kill at any moment', async () => {
    const folder = temporary();
    const program = path.join(folder, 'pack.cjs');
    await build({
      ...{ entryPoints: [path.join(import.meta.dirname, 'packChild.ts')], bundle: true },
      ...{ platform: 'node', format: 'cjs', outfile: program },
    });
    const file = path.join(folder, 'rank0-1.ndjson');
    const text = lines(2000);
    fs.writeFileSync(file, text);
    for (let kill = 0; kill < 25; kill++) {
      const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await pause(next() * 120);
      child.kill('SIGKILL');
      await ended;
      expect(contentOf(file)).toBe(text);
      expect(journalNames(folder)).toEqual(['rank0-1.ndjson']);
    }
  });
});

describe('a packed journal from elsewhere', () => {
  async function packed(): Promise<{ folder: string; file: string; bytes: Buffer }> {
    const folder = temporary();
    const run = newRun(folder, 'r1');
    const file = path.join(run.folder, 'journal', 'rank0-1.ndjson');
    fs.writeFileSync(file, lines(6000));
    await packJournal(file, ALWAYS);
    return { folder, file, bytes: fs.readFileSync(`${file}.packed`) };
  }

  function readAll(folder: string): { steps: number[]; messages: string[]; offset: number } {
    fs.rmSync(path.join(folder, 'store.db'), { force: true });
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1'));
    for (let more = true; more;) more = store.ingest.pollAll('r1', { final: true }).at(-1)?.more ?? false;
    const { points } = store.series.points('r1', 'loss');
    const messages = store.runs.messages('r1').map(({ text }) => text);
    const offset = store.ingest.expectedOffset('r1', 'rank0-1.ndjson');
    store.close();
    return { steps: points.map(({ step }) => step), messages, offset };
  }

  it('loses one block where a byte is damaged, says so, and nothing else', async () => {
    const { folder, file, bytes } = await packed();
    const whole = readAll(folder);
    expect(whole).toMatchObject({ steps: Array.from({ length: 6000 }, (_, i) => i), messages: [] });
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    fs.writeFileSync(`${file}.packed`, bytes);
    const { steps, messages } = readAll(folder);
    expect(steps.length).toBeGreaterThan(3000);
    expect(steps.length).toBeLessThan(6000);
    expect(new Set(steps).size).toBe(steps.length);
    expect(messages.join()).toMatch(/the packed file is damaged/);
  });

  it('is read to its end if that is damaged, and says so', async () => {
    const { folder, file, bytes } = await packed();
    const count = bytes.readUInt32LE(bytes.length - 24);
    bytes[bytes.length - 24 - count * 12 - 20]! ^= 1;
    fs.writeFileSync(`${file}.packed`, bytes);
    const { steps, messages, offset } = readAll(folder);
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i));
    expect(steps.length).toBeGreaterThan(3000);
    expect(steps.length).toBeLessThan(6000);
    expect(messages).toEqual([expect.stringMatching(/the packed file is damaged/)]);
    expect(offset).toBe(journalSize(file));
    // The whole journal in one block.
    fs.rmSync(`${file}.packed`);
    fs.writeFileSync(file, lines(300));
    await packJournal(file, ALWAYS);
    const small = fs.readFileSync(`${file}.packed`);
    small[200]! ^= 1;
    fs.writeFileSync(`${file}.packed`, small);
    const one = readAll(folder);
    expect(one.steps).toEqual([]);
    expect(one.messages).toEqual([expect.stringMatching(/the packed file is damaged/)]);
    expect(one.offset).toBe(journalSize(file));
  });

  it('that is cut off, lies about its sizes or is a link is left out with a message', async () => {
    const { folder, file, bytes } = await packed();
    const bad = [
      bytes.subarray(0, bytes.length - 5),
      bytes.subarray(20),
      Buffer.concat([bytes, Buffer.from('x')]),
      Buffer.from(bytes).fill(0xff, bytes.length - 24, bytes.length - 20),
      Buffer.from(bytes).fill(0x7f, bytes.length - 36, bytes.length - 24),
      Buffer.alloc(100),
    ];
    for (const content of bad) {
      fs.writeFileSync(`${file}.packed`, content);
      expect(journalSize(file)).toBeNull();
      expect(readAll(folder)).toMatchObject({ steps: [], messages: [expect.stringMatching(/is damaged/)] });
    }
    fs.renameSync(`${file}.packed`, `${file}.elsewhere`);
    fs.symlinkSync(`${file}.elsewhere`, `${file}.packed`);
    expect(readAll(folder)).toMatchObject({ steps: [], messages: [] });
  });

  it('never unpacks to more than its index says', () => {
    // A gigabyte and a half in one block of a right index.
    const zeros = Buffer.alloc(2 ** 20);
    const piece = deflateRawSync(zeros, { finishFlush: constants.Z_FULL_FLUSH });
    const block = Buffer.concat([Buffer.from([0]), ...Array.from({ length: 1500 }, () => piece), deflateRawSync('')]);
    const index = Buffer.alloc(12);
    index.writeUInt32LE(block.length, 0);
    index.writeUInt32LE(zeros.length, 4);
    index.writeUInt32LE(crc32(zeros), 8);
    const magic = new Packing().head;
    const footer = Buffer.alloc(16);
    footer.writeUInt32LE(1, 0);
    footer.writeUInt32LE(crc32(index), 4);
    footer.writeDoubleLE(zeros.length, 8);
    const file = path.join(temporary(), 'rank0-1.ndjson');
    fs.writeFileSync(`${file}.packed`, Buffer.concat([magic, block, index, footer, magic]));
    const before = process.resourceUsage().maxRSS;
    const journal = openJournal(file)!;
    expect([journal.size, journal.isDamaged(0)]).toEqual([zeros.length, true]);
    journal.close();
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(300 * 1024);
  });

  it('survives any damage', async () => {
    const { file, bytes } = await packed();
    for (let turn = 0; turn < 300; turn++) {
      const content = Buffer.from(bytes.subarray(0, turn % 5 === 0 ? Math.floor(next() * bytes.length) : undefined));
      for (let i = 0; i <= turn % 4; i++) content[Math.floor(next() * content.length)] = Math.floor(next() * 256);
      fs.writeFileSync(`${file}.packed`, content);
      try {
        expect(contentOf(file).length).toBeLessThan(2_000_000);
      } catch (error) {
        expect((error as Error).name).toBe('PackedJournalError');
      }
    }
  });
});

describe('the journals of an ended run', () => {
  const workspace = useWorkspace();
  const LONG = TRAIN.replace('await new Promise((resolve) => setTimeout(resolve, pause));', '');
  const journalOf = (id: string): string => workspace().at('.tunesmith', 'runs', id, 'journal');

  async function longRun(engine: EngineConnection): Promise<string> {
    workspace().write('long.mjs', LONG);
    const file = workspace().write('long.tune.yaml', experiment('node long.mjs', 'params: { steps: 400, lr: 0.5 }\n'));
    const { run } = await engine.request('runs/start', { file });
    await runOver(engine, run.id);
    return run.id;
  }

  /** Ends the engine, lets a run have ended and been written ten days ago, and starts the engine again. */
  async function age(
    engine: EngineConnection,
    id: string,
    options: Partial<ConnectOptions> = {},
  ): Promise<EngineConnection> {
    await engine.request('engine/stop', { force: true });
    await until('the engine to leave', () => workspace().enginePid() === null);
    const at = Date.now() - 10 * 86_400_000;
    const store = Store.open(workspace().local.store);
    store.runs.update(id, { endedAt: at });
    store.close();
    for (const name of fs.readdirSync(journalOf(id)))
      fs.utimesSync(path.join(journalOf(id), name), at / 1000, at / 1000);
    return workspace().connect(options);
  }

  async function facts(engine: EngineConnection, id: string) {
    const { series } = await engine.request('series/read', { queries: [{ run: id, metric: 'loss' }] });
    const { runs } = await engine.request('runs/list', { ids: [id] });
    return { series, runs: runs.map(({ device: _device, endedAt: _endedAt, ...run }) => run) };
  }

  it('are packed on request; nothing changes for readers, and an index that is lost has everything again', async () => {
    let engine = await workspace().connect();
    const id = await longRun(engine);
    expect((await engine.request('runs/pack', { ids: [id] })).skipped).toEqual([{ id, why: 'It has just ended.' }]);
    engine = await age(engine, id);
    const before = await facts(engine, id);
    const plain = fs.readFileSync(path.join(journalOf(id), 'external.ndjson'));
    const packed = await engine.request('runs/pack', { ids: [id] });
    expect(packed).toMatchObject({ runs: 1, skipped: [] });
    expect(packed.after).toBeLessThan(packed.before / 4);
    const names = fs.readdirSync(journalOf(id));
    expect(names).toContain('external.ndjson.packed');
    expect(names).not.toContain('external.ndjson');
    expect(names).toContain('supervisor.ndjson');
    expect(await facts(engine, id)).toEqual(before);
    await engine.request('engine/stop', { force: true });
    await until('the engine to leave', () => workspace().enginePid() === null);
    const found = examine(workspace().folder).filter(({ about }) => about === 'journals' || about === 'index');
    expect(found.map(({ state }) => state)).toEqual(['fine', 'fine']);
    const packedFile = path.join(journalOf(id), 'external.ndjson.packed');
    const whole = fs.readFileSync(packedFile);
    fs.truncateSync(packedFile, 100);
    const damaged = examine(workspace().folder).find(({ about }) => about === 'journals')!;
    expect(damaged).toMatchObject({
      state: 'problem',
      text: expect.stringMatching(/packed journals that are damaged/),
    });
    fs.writeFileSync(packedFile, whole);
    fs.rmSync(workspace().local.store);
    engine = await workspace().connect();
    await until('the points', async () => (await facts(engine, id)).series[0]?.total === 400);
    expect(await facts(engine, id)).toEqual(before);
    expect(await engine.request('runs/pack', { ids: [id], undo: true })).toMatchObject({ runs: 1 });
    expect(fs.readFileSync(path.join(journalOf(id), 'external.ndjson')).equals(plain)).toBe(true);
    expect(fs.readdirSync(journalOf(id)).join()).not.toMatch(/pack/);
    expect(await facts(engine, id)).toEqual(before);
  });

  it('are plain again when the run is resumed', async () => {
    let engine = await workspace().connect();
    workspace().write(
      'saving.mjs',
      `import fs from 'node:fs';
       export default async function train(run) {
         const from = run.checkpoint ? 100 : 0;
         for (let step = from; step < from + 100; step++) run.log({ loss: 1 / (step + 1) }, { step });
         await run.saveCheckpoint(99, (folder) => fs.writeFileSync(folder + '/state', ''));
         if (!run.checkpoint) throw new Error('on purpose');
       }\n`,
    );
    const text = 'name: saving\nmodule: ./saving.mjs\nobjective: { metric: loss, goal: minimize }\n';
    const { run } = await engine.request('runs/start', { file: workspace().write('saving.tune.yaml', text) });
    expect((await runOver(engine, run.id)).status).toBe('failed');
    engine = await age(engine, run.id);
    expect(await engine.request('runs/pack', { ids: [run.id] })).toMatchObject({ runs: 1 });
    expect(await engine.request('runs/resume', { ids: [run.id] })).toEqual({ done: [run.id], skipped: [] });
    expect(fs.readdirSync(journalOf(run.id)).join()).not.toMatch(/pack/);
    await until('its end', async () => (await engine.request('runs/get', { id: run.id })).status === 'completed');
    expect((await facts(engine, run.id)).series[0]!.x).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it('stay as they are while the run is live, and if the run came from elsewhere', async () => {
    const engine = await workspace().connect();
    workspace().write('slow.mjs', `${TRAIN}\nawait new Promise(() => setInterval(() => undefined, 1000));`);
    const file = workspace().write('slow.tune.yaml', experiment('node slow.mjs', 'params: { steps: 300, pause: 0 }\n'));
    const { run } = await engine.request('runs/start', { file });
    await until('its points', async () => (await facts(engine, run.id)).series[0]?.total === 300);
    expect(await engine.request('runs/pack', { ids: [run.id] })).toMatchObject({
      runs: 0,
      skipped: [{ id: run.id, why: 'It has not ended.' }],
    });
    await engine.request('runs/stop', { ids: [run.id] });
    await runOver(engine, run.id);
    // Somebody else's folder, unpacked here.
    const foreign = workspace().at('.tunesmith', 'runs', 'foreign1');
    fs.cpSync(workspace().at('.tunesmith', 'runs', run.id), foreign, { recursive: true });
    const spec = JSON.parse(fs.readFileSync(`${foreign}/run.json`, 'utf8')) as object;
    fs.writeFileSync(`${foreign}/run.json`, JSON.stringify({ ...spec, id: 'foreign1' }));
    await engine.request('engine/stop', { force: true });
    await until('the engine to leave', () => workspace().enginePid() === null);
    const again = await workspace().connect();
    await until('the folder', async () => (await facts(again, 'foreign1')).series[0]?.total === 300);
    const later = await age(again, 'foreign1');
    expect((await later.request('runs/pack', { ids: ['foreign1'] })).skipped).toMatchObject([
      { why: 'It was not started here by you.' },
    ]);
    expect(fs.readdirSync(`${foreign}/journal`).join()).not.toMatch(/pack/);
  });

  it('are packed by themselves some time after the end, if a person wants that', async () => {
    const first = await workspace().connect();
    const id = await longRun(first);
    const engine = await age(first, id, { env: { TUNESMITH_PACK_AFTER_DAYS: '9' } });
    await until(
      'the journal to be packed',
      () => fs.readdirSync(journalOf(id)).includes('external.ndjson.packed'),
      60_000,
    );
    await until('the plain one to be gone', () => !fs.readdirSync(journalOf(id)).includes('external.ndjson'));
    expect((await facts(engine, id)).series[0]!.total).toBe(400);
  });
});
