import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { syncInterval } from '../../../src/client/journal/syncInterval.js';
import { JournalSync } from '../../../src/engine/supervisor/sync.js';

it('every journal that has grown is forced to the disk, regardless of its writer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-sync-'));
  mkdirSync(join(folder, 'journal'));
  const at = (name: string): string => join(folder, 'journal', name);
  for (const name of ['external.ndjson', 'rank0-1.ndjson', 'notes.txt']) writeFileSync(at(name), 'a\n');
  const sync = new JournalSync(folder, 60_000);
  expect((await sync.sync()).sort()).toEqual(['external.ndjson', 'rank0-1.ndjson']);
  expect(await sync.sync()).toEqual([]);
  appendFileSync(at('external.ndjson'), 'b\n');
  expect(await sync.sync()).toEqual(['external.ndjson']);
  await sync.close();
  rmSync(folder, { recursive: true });
  await expect(sync.sync()).resolves.toEqual([]);
});

it('the interval is a second by default, and 0 leaves it to the system', () => {
  const of = (text?: string): number => syncInterval({ TUNESMITH_FSYNC_SECONDS: text });
  expect([of(), of(''), of('0'), of('0.25'), of('x'), of('-1')]).toEqual([1000, 1000, 0, 250, 1000, 1000]);
});
