/** An index that is lost: how soon the engine answers, and how fast the runs and their points are back. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { makeWorkspace, MeasuredEngine, pause, removeIndex } from './engine.js';
import { exitLine, makeRunFolder, metricsText, spawnLine } from './feed.js';

export interface RebuildFigures {
  runs: number;
  points: number;
  reachableMs: number;
  /** Milliseconds until the newest run is listed, and until all are. */
  firstMs: number;
  listedMs: number;
  /** Milliseconds until all points are there. */
  wholeMs: number;
  cpu: number;
  waits: number[];
}

/** `runs` ended runs of `records` records with `metrics` values each. */
export async function measureRebuild(
  { runs, records, metrics }: { runs: number; records: number; metrics: number },
  dist: string,
  profile: string | null = null,
): Promise<RebuildFigures> {
  const workspace = makeWorkspace();
  const text = Array.from({ length: records }, (_, step) => metricsText(step, metrics)).join('');
  for (let i = 0; i < runs; i++) {
    const folder = makeRunFolder(workspace, { id: `r${String(i).padStart(6, '0')}`, createdAt: Date.now() + i });
    appendFileSync(path.join(folder, 'journal', 'rank0-1.ndjson'), text);
    writeFileSync(path.join(folder, 'output.log'), '');
    appendFileSync(path.join(folder, 'journal', 'supervisor.ndjson'), spawnLine() + exitLine());
  }
  removeIndex(workspace);
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const engine = await MeasuredEngine.start(workspace, dist, profile);
  try {
    const { result, waits } = await engine.longestWait(async () => {
      let firstMs = 0;
      let listedMs = 0;
      for (;;) {
        const { total, runs: listed } = await engine.client.request(
          'runs/list',
          { limit: 1, status: ['completed'] },
          { timeoutMs: 300_000 },
        );
        if (total > 0) firstMs ||= since();
        if (total === runs) listedMs ||= since();
        if (listedMs && listed[0]?.metrics.loss?.count === records) {
          const oldest = await engine.client.request('runs/get', { id: 'r000000' }, { timeoutMs: 300_000 });
          if (oldest.metrics.loss?.count === records) return { firstMs, listedMs, wholeMs: since() };
        }
        await pause(20);
      }
    });
    const all = { runs, points: runs * records * metrics, reachableMs: engine.reachableMs, cpu: engine.cpu() };
    return { ...all, ...result, waits: waits.sort((a, b) => a - b) };
  } finally {
    await engine.stop();
    rmSync(workspace, { recursive: true, force: true });
  }
}
