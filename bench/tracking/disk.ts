/** Bytes a point on the disk: the journal as it grows, packed, and in the index, beside the files of other trackers. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { packJournal } from '../../src/engine/runs/packing/pack.js';
import { Store } from '../../src/store/store.js';

export const KINDS = ['float32', 'rounded', 'double'] as const;
export type Kind = (typeof KINDS)[number];
export const PEERS = ['torch SummaryWriter', 'wandb offline', 'trackio', 'mlflow (SQLite)'] as const;

const CUT: Record<Kind, (x: number) => number> = {
  float32: Math.fround,
  rounded: (x) => Number(x.toFixed(4)),
  double: (x) => x,
};

export interface DiskFigures {
  journal: number;
  packed: number;
  store: number;
}

/** One run of so many points, one value a step. Bytes a point. */
export async function measureDisk(kind: Kind, points: number): Promise<DiskFigures> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-disk-'));
  try {
    const journal = path.join(folder, 'runs', 'r1', 'journal');
    mkdirSync(journal, { recursive: true });
    const file = path.join(journal, 'rank0-1.ndjson');
    let text = '';
    for (let step = 0, time = 1_764_490_000_000; step < points; step++) {
      time += 40 + Math.random() * 2;
      const value = CUT[kind](0.1 + Math.random() / (1 + step / 1000));
      text += `{"type":"metrics","time":${time.toFixed(3).replace(/\.?0+$/, '')},"step":${step},"values":{"loss":${value}}}\n`;
    }
    writeFileSync(file, text);
    const index = path.join(folder, 'store.db');
    const store = Store.open(index);
    store.runs.insert({
      spec: {
        ...{ version: 1, id: 'r1', experiment: 'disk', file: null, search: null, trial: null, params: {}, argv: ['x'] },
        ...{ cwd: '/', env: {}, seed: 1, objective: null, createdAt: 1, stopGrace: 1 },
      },
      ...{ name: 'r1', status: 'completed', folder: path.dirname(journal), host: 'h', git: null },
    });
    for (let more = true; more;) more = store.ingest.pollAll('r1', { final: true }).at(-1)?.more ?? false;
    while (store.series.fold());
    store.close();
    const db = new DatabaseSync(index);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    // Pages that are free are used by the next points.
    const pages = (name: string): number => Object.values(db.prepare(`PRAGMA ${name}`).get() as object)[0] as number;
    const used = (pages('page_count') - pages('freelist_count')) * pages('page_size');
    db.close();
    const { before, after } = await packJournal(file, { mayChange: () => true });
    return { journal: before / points, packed: after / points, store: used / points };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes a point that another tracker leaves on the disk; null if it is not installed. */
export function measurePeer(peer: string, kind: Kind, points: number, python: string, root: string): number | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-disk-'));
  try {
    const script = path.join(root, 'bench/tracking/disk.py');
    execFileSync(python, [script, peer, folder, kind, String(points)], { stdio: 'ignore', cwd: folder });
    return sizeOf(folder) / points;
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const file = path.join(folder, entry.name);
    return sum + (entry.isDirectory() ? sizeOf(file) : entry.isFile() ? statSync(file).size : 0);
  }, 0);
}
