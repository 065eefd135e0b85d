import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/store/database.js';
import { migrate } from '../../../src/store/database.js';
import { StoreCorruptError, StoreVersionError, StoreWriteError } from '../../../src/store/errors.js';
import { MIGRATIONS } from '../../../src/store/schema.js';
import { Store } from '../../../src/store/store.js';
import { lines, newRun, openStore, temporary } from './helpers.js';

describe('opening', () => {
  it('refuses a store of a newer version and leaves it untouched', () => {
    const folder = temporary();
    const file = join(folder, 'store.db');
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE future (x); PRAGMA user_version = 999');
    other.close();
    const before = readFileSync(file);
    expect(() => Store.open(file)).toThrow(StoreVersionError);
    expect(() => Store.open(file)).toThrow(/newer Tunesmith \(schema 999.*Update Tunesmith/);
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(folder)).toEqual(['store.db']);
  });

  it('says what to do when the file is damaged', () => {
    const folder = temporary();
    const file = join(folder, 'store.db');
    writeFileSync(file, Buffer.alloc(10_000, 'not a database '));
    expect(() => Store.open(file)).toThrow(StoreCorruptError);
    expect(() => Store.open(file)).toThrow(/No run is lost.*built again/s);
  });

  it('explains that the path is a folder', () => {
    const folder = temporary();
    mkdirSync(join(folder, 'store.db'));
    expect(() => Store.open(join(folder, 'store.db'))).toThrow(StoreWriteError);
  });

  it('makes missing folders and keeps the stored rows', () => {
    const folder = temporary();
    const file = join(folder, 'a', 'b', 'store.db');
    const store = Store.open(file);
    store.runs.insert(newRun(folder, 'r1'));
    store.close();
    store.close();
    const again = Store.open(file);
    expect(again.runs.ids()).toEqual(['r1']);
    again.close();
  });

  it('takes a run found on disk in once', () => {
    const folder = temporary();
    const store = openStore(folder);
    expect(store.runs.import(newRun(folder, 'r1'))).toBe(true);
    expect(store.runs.import(newRun(folder, 'r1'))).toBe(false);
    expect(() => store.runs.insert(newRun(folder, 'r1'))).toThrow('there is a run r1 already');
  });
});

describe('migrations', () => {
  it('go forward from any version and stop whole when one fails', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, ['CREATE TABLE a (x)']);
    db.exec('INSERT INTO a VALUES (1)');
    expect(() => migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)', 'CREATE TABLE c (x); nonsense'])).toThrow();
    const tables = (): unknown[] =>
      db
        .prepare('SELECT name FROM sqlite_schema ORDER BY name')
        .all()
        .map((row) => row.name);
    expect(tables()).toEqual(['a', 'b']);
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
    migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)', 'ALTER TABLE a ADD COLUMN y DEFAULT 2']);
    expect(db.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: 2 }]);
    db.close();
  });

  it('make the present schema', () => {
    const folder = temporary();
    openStore(folder);
    const db = new DatabaseSync(join(folder, 'store.db'));
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    db.close();
  });
});

describe('a full disk', () => {
  it('is a clear error that loses nothing: the same journal is stored later', () => {
    const folder = temporary();
    const store = openStore(folder);
    const db = (store as unknown as { db: Database }).db;
    store.runs.insert(newRun(folder, 'r1'));
    const piece = (round: number): Buffer =>
      lines(...Array.from({ length: 3000 }, (_, i) => ({ step: round * 3000 + i, loss: Math.sin(round * 3000 + i) })));
    const pages = db.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
    db.get(`PRAGMA max_page_count = ${pages + 60}`);
    let offset = 0;
    let failures = 0;
    for (let round = 0; round < 20; round++) {
      const bytes = piece(round);
      try {
        store.ingest.frame('r1', 'a.ndjson', offset, bytes);
      } catch (error) {
        failures++;
        expect(error).toBeInstanceOf(StoreWriteError);
        expect(error).toMatchObject({ reason: 'full', message: expect.stringContaining('Free some space') });
        expect(store.ingest.expectedOffset('r1', 'a.ndjson')).toBe(offset);
        expect(store.series.points('r1', 'loss').total).toBe(round * 3000);
        db.get('PRAGMA max_page_count = 1000000');
        expect(store.ingest.frame('r1', 'a.ndjson', offset, bytes)).toMatchObject({ points: 3000 });
      }
      offset += bytes.length;
    }
    expect(failures).toBe(1);
    const all = store.series.points('r1', 'loss', { limit: 1e6 }).points;
    expect(all.map((point) => point.value)).toEqual(Array.from({ length: 60_000 }, (_, i) => Math.sin(i)));
  });
});

describe('batch', () => {
  it('is all or nothing, memory included', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1'));
    const first = lines({ step: 0, loss: 1 });
    store.ingest.frame('r1', 'a.ndjson', 0, first);
    expect(() =>
      store.batch(() => {
        store.runs.insert(newRun(folder, 'r2'));
        store.ingest.frame('r1', 'a.ndjson', first.length, lines({ step: 1, loss: 2, new: 5 }));
        expect(store.runs.get('r1')?.metrics).toMatchObject({ loss: { last: 2 }, new: { last: 5 } });
        expect(store.series.read({ run: 'r1', metric: 'loss' }).y).toEqual([1, 2]);
        throw new Error('changed my mind');
      }),
    ).toThrow('changed my mind');
    expect(store.runs.ids()).toEqual(['r1']);
    expect(store.series.read({ run: 'r1', metric: 'loss' }).y).toEqual([1]);
    expect(store.series.read({ run: 'r1', metric: 'new' }).total).toBe(0);
    store.ingest.frame('r1', 'a.ndjson', first.length, lines({ step: 1, loss: 3, new: 6 }));
    expect(store.series.read({ run: 'r1', metric: 'loss' }).y).toEqual([1, 3]);
    expect(store.runs.get('r1')?.metrics).toMatchObject({ loss: { last: 3, count: 2 }, new: { last: 6, count: 1 } });
  });
});
