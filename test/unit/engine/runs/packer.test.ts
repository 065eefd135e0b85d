import * as fs from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Asked } from '../../../../src/engine/disk/asked.js';
import type { Log } from '../../../../src/engine/disk/log.js';
import { RunFolders } from '../../../../src/engine/runs/making/folders.js';
import { Packer } from '../../../../src/engine/runs/packing/packer.js';
import type { Store } from '../../../../src/store/store.js';
import { newRun, openStore, temporary } from '../../store/helpers.js';
import { until } from '../support.js';

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

const packerOf = ({ store, folders, log }: World, days?: number): Packer =>
  new Packer({ store, folders, log, active: new Set<string>() }, () => false, days);

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
