import * as fs from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Asked } from '../../../../src/engine/disk/asked.js';
import type { Log } from '../../../../src/engine/disk/log.js';
import { RunFolders } from '../../../../src/engine/runs/making/folders.js';
import { WAITS, type Waits } from '../../../../src/engine/runs/packing/files.js';
import { Packer } from '../../../../src/engine/runs/packing/packer.js';
import type { Store } from '../../../../src/store/store.js';
import { openJournal } from '../../../../src/store/journal/file.js';
import { newRun, openStore, temporary } from '../../store/helpers.js';
import { until } from '../support.js';

const JUST_WRITTEN = 'It was written to after its end.';
const DAY = 86_400_000;
const TEXT = Array.from(
  { length: 400 },
  (_, step) => `{"type":"metrics","time":${17e11 + step},"step":${step},"values":{"loss":${1 / (step + 1)}}}\n`,
).join('');

interface World {
  store: Store;
  folders: RunFolders;
  log: Pick<Log, 'info' | 'warn'>;
  warnings: string[];
  /** Adds a run that a program started here by itself and that ended ten days ago. Returns its journal. */
  add(id: string, text?: string): string;
}

function world(): World {
  const folder = temporary();
  const store = openStore(folder);
  const warnings: string[] = [];
  const asked: Pick<Asked, 'add' | 'check' | 'forget'> = { add: vi.fn(), check: () => 'yes', forget: vi.fn() };
  const folders = new RunFolders(path.join(folder, 'runs'), asked);
  return {
    store,
    folders,
    log: { info: () => undefined, warn: (text: string) => void warnings.push(text) },
    warnings,
    add(id, text = TEXT) {
      const run = newRun(folder, id, { origin: { by: 'program', host: hostname(), git: null } });
      fs.writeFileSync(path.join(run.folder, 'run.json'), JSON.stringify(run.spec));
      const file = path.join(run.folder, 'journal', 'rank0-1.ndjson');
      fs.writeFileSync(file, text);
      store.runs.insert(run);
      for (let more = true; more;) more = store.ingest.pollAll(id, { final: true }).at(-1)?.more ?? false;
      const at = Date.now() - 10 * DAY;
      store.runs.update(id, { status: 'completed', endedAt: at });
      fs.utimesSync(file, at / 1000, at / 1000);
      return file;
    },
  };
}

interface Options {
  days?: number;
  claim?: () => boolean;
  waits?: Partial<Waits>;
}

const packerOf = ({ store, folders, log }: World, { days, claim = () => true, waits = {} }: Options = {}): Packer =>
  new Packer({ store, folders, log, active: new Set<string>() }, claim, days, { ...WAITS, ...waits });

const namesBeside = (file: string): string[] => fs.readdirSync(path.dirname(file)).sort();

function contentOf(file: string): string {
  const journal = openJournal(file)!;
  try {
    return journal.read(0, journal.size).toString();
  } finally {
    journal.close();
  }
}

afterEach(() => vi.unstubAllEnvs());

describe('automatic packing', () => {
  it('packs nothing unless a person has set the days, however old the run is', async () => {
    const here = world();
    const file = here.add('r1');
    for (const value of [undefined, '', '0', '-1', 'often']) {
      vi.stubEnv('TUNESMITH_PACK_AFTER_DAYS', value);
      const packer = packerOf(here);
      packer.tick();
      await packer.close();
      expect(fs.readdirSync(path.dirname(file))).toEqual(['rank0-1.ndjson']);
    }
    vi.stubEnv('TUNESMITH_PACK_AFTER_DAYS', '11');
    const patient = packerOf(here);
    patient.tick();
    await patient.close();
    expect(fs.readdirSync(path.dirname(file))).toEqual(['rank0-1.ndjson']);
    vi.stubEnv('TUNESMITH_PACK_AFTER_DAYS', '9');
    const packer = packerOf(here);
    packer.tick();
    await until('the journal to be packed', () => fs.existsSync(`${file}.packed`) && !fs.existsSync(file));
    await packer.close();
  });
});

describe('runs that are packed on request', () => {
  it('are packed and unpacked one after the other, whatever is asked at once', async () => {
    const here = world();
    const [file, other] = [here.add('r1'), here.add('r2')];
    let isAtWork = false;
    const waits = {
      // Whoever works in the same folder meanwhile leaves a second part.
      turn: async () => {
        const parts = [...namesBeside(file), ...namesBeside(other)].filter((name) => name.endsWith('.packing'));
        isAtWork ||= parts.length > 0;
        expect(parts.length).toBeLessThan(2);
        await WAITS.turn();
      },
    };
    const packer = packerOf(here, { days: 1, waits });
    packer.tick();
    const asked = [packer.pack(['r1', 'r2']), packer.unpack(['r1']), packer.pack(['r2', 'r1']), packer.unpack(['r2'])];
    expect(packer.isBusy).toBe(true);
    packer.tick();
    for (const { skipped } of await Promise.all(asked))
      expect(skipped.filter(({ why }) => why !== JUST_WRITTEN)).toEqual([]);
    await packer.close();
    expect(packer.isBusy).toBe(false);
    expect(isAtWork).toBe(true);
    expect([contentOf(file), contentOf(other)]).toEqual([TEXT, TEXT]);
    for (const each of [file, other])
      expect(namesBeside(each).filter((name) => name.startsWith('rank'))).toHaveLength(1);
  });

  it('stay as they are until some time after their end and their last record', async () => {
    const here = world();
    const [ended, written] = [here.add('r1'), here.add('r2')];
    here.store.runs.update('r1', { endedAt: Date.now() - 20_000 });
    fs.utimesSync(written, Date.now() / 1000 - 20, Date.now() / 1000 - 20);
    expect(await packerOf(here).pack(['r1', 'r2'])).toMatchObject({
      runs: 0,
      skipped: [
        { id: 'r1', why: 'It has just ended.' },
        { id: 'r2', why: JUST_WRITTEN },
      ],
    });
    for (const file of [ended, written]) expect(namesBeside(file)).toEqual(['rank0-1.ndjson']);
  });

  it('stay as they are, and are looked at again, when another host takes the folder at any moment', async () => {
    const here = world();
    const file = here.add('r1');
    let asked = 0;
    for (let left = 0; ; left++) {
      asked = 0;
      const packer = packerOf(here, { claim: () => ++asked <= left });
      const result = await packer.pack(['r1']);
      if (result.skipped.length === 0) break;
      expect(namesBeside(file)).toEqual(['rank0-1.ndjson']);
      expect(here.store.runs.unpacked(Date.now(), 10)).toEqual(['r1']);
      expect(result).toMatchObject({ runs: 0, skipped: [{ id: 'r1' }] });
    }
    // Once more after the packed one has its name.
    expect(asked).toBeGreaterThan(4);
    expect(namesBeside(file)).toEqual(['packed.ndjson', 'rank0-1.ndjson.packed']);
    expect(here.store.runs.unpacked(Date.now(), 10)).toEqual([]);
    for (let left = 0; left < 4; left++) {
      asked = 0;
      await packerOf(here, { claim: () => ++asked <= left }).unpack(['r1']);
      expect(contentOf(file)).toBe(TEXT);
    }
    // This host has it again.
    await packerOf(here).unpack(['r1']);
    expect(namesBeside(file)).toEqual(['rank0-1.ndjson']);
    expect(fs.readFileSync(file, 'utf8')).toBe(TEXT);
  });

  it('do not wait for one that fails', async () => {
    const here = world();
    const [bad, good] = [here.add('r1'), here.add('r2')];
    fs.rmSync(path.dirname(bad), { recursive: true });
    fs.writeFileSync(path.dirname(bad), '');
    const packer = packerOf(here, { days: 1 });
    packer.tick();
    await until('the other one', () => !fs.existsSync(good));
    await packer.close();
    expect(here.store.runs.unpacked(Date.now(), 10)).toEqual(['r1']);
    expect(here.warnings).toEqual([expect.stringContaining('run r1')]);
  });
});

describe('a packed journal beside a plain one', () => {
  it('is removed if the plain one begins with it, and else kept under another name; readers read both', async () => {
    const here = world();
    const file = here.add('r1');
    await packerOf(here).pack(['r1']);
    const more = '{"type":"metrics","time":1700000000000,"step":500,"values":{"loss":7}}\n'.repeat(100);
    // A program of an earlier version has begun the file anew.
    fs.writeFileSync(file, more);
    for (let again = true; again;) again = here.store.ingest.pollAll('r1').at(-1)?.more ?? false;
    const total = () => here.store.series.points('r1', 'loss').total;
    expect(total()).toBe(500);
    const at = Date.now() / 1000 - 1000;
    fs.utimesSync(file, at, at);
    expect(await packerOf(here).pack(['r1'])).toMatchObject({ runs: 1, skipped: [] });
    const apart = path.join(path.dirname(file), 'rank0-1.apart-1.ndjson');
    expect(here.store.ingest.files('r1')).toEqual(['engine.ndjson', 'rank0-1.apart-1.ndjson', 'rank0-1.ndjson']);
    expect([contentOf(file), contentOf(apart)]).toEqual([more, TEXT]);
    expect(here.warnings.join()).toMatch(/other records/);
    for (let again = true; again;) again = here.store.ingest.pollAll('r1').at(-1)?.more ?? false;
    // Records read under the former name are not read again.
    expect(total()).toBe(500);
    expect(
      here.store.runs
        .messages('r1')
        .map(({ text }) => text)
        .join(),
    ).toMatch(/Both are kept/);
    // A kill leaves the same records twice, and a program may have added some.
    fs.writeFileSync(file, `${more}{}\n`);
    expect(await packerOf(here).unpack(['r1'])).toMatchObject({ runs: 1, skipped: [] });
    expect(namesBeside(file)).toEqual(['engine.ndjson', 'rank0-1.apart-1.ndjson', 'rank0-1.ndjson']);
    expect(fs.readFileSync(file, 'utf8')).toBe(`${more}{}\n`);
    expect(fs.readFileSync(apart, 'utf8')).toBe(TEXT);
  });
});

describe('a damaged packed journal', () => {
  it('is kept when its run is unpacked or resumed; what can be read of it is plain again', async () => {
    const here = world();
    const [block, index] = [here.add('r1', TEXT.repeat(20)), here.add('r2')];
    expect(await packerOf(here).pack(['r1', 'r2'])).toMatchObject({ runs: 2 });
    const bytes = fs.readFileSync(`${block}.packed`);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    fs.writeFileSync(`${block}.packed`, bytes);
    fs.truncateSync(`${index}.packed`, 100);
    expect(await packerOf(here).unpack(['r1', 'r2'])).toMatchObject({ runs: 2, skipped: [] });
    expect(namesBeside(block)).toEqual(['engine.ndjson', 'rank0-1.ndjson', 'rank0-1.ndjson.packed.damaged']);
    expect(fs.readFileSync(`${block}.packed.damaged`).equals(bytes)).toBe(true);
    const text = TEXT.repeat(20);
    const found = fs.readFileSync(block, 'utf8');
    expect(found.length).toBe(text.length);
    const same = [...found].filter((char, i) => char === text[i]).length;
    expect(same).toBeGreaterThan(text.length / 2);
    expect(found.replaceAll('\0', '')).toHaveLength(same);
    expect(namesBeside(index)).toEqual(['engine.ndjson', 'rank0-1.ndjson.packed.damaged']);
    expect(here.warnings.join()).toMatch(/is damaged/);
    // Beside a plain one with the same records it is kept as well.
    const third = here.add('r3', text);
    await packerOf(here).pack(['r3']);
    const other = fs.readFileSync(`${third}.packed`);
    other[Math.floor(other.length / 2)]! ^= 1;
    fs.writeFileSync(`${third}.packed`, other);
    fs.writeFileSync(third, text);
    await packerOf(here).unpack(['r3']);
    expect(namesBeside(third)).toEqual(['engine.ndjson', 'rank0-1.ndjson', 'rank0-1.ndjson.packed.damaged']);
    expect(fs.readFileSync(third, 'utf8')).toBe(text);
    // A second one does not take its name.
    fs.writeFileSync(`${index}.packed`, 'x');
    here.folders.rewrite(here.folders.spec('r2')!);
    expect(namesBeside(index)).toContain('rank0-1.ndjson.packed.damaged-2');
    expect(fs.readFileSync(path.join(path.dirname(index), 'engine.ndjson'), 'utf8')).toMatch(/damaged-2/);
  });
});
