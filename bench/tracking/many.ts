/** Lists of runs that log thousands of metrics, and one metric of thousands of runs. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { makeWorkspace, MeasuredEngine, pause } from './engine.js';
import { exitLine, makeRunFolder, metricsText, spawnLine } from './feed.js';

const idOf = (i: number): string => `r${String(i).padStart(6, '0')}`;
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

async function withRuns<T>(
  { runs, records, metrics }: { runs: number; records: number; metrics: number },
  dist: string,
  profile: string | null,
  work: (engine: MeasuredEngine) => Promise<T>,
): Promise<T> {
  const workspace = makeWorkspace();
  for (let i = 0; i < runs; i++) {
    const folder = makeRunFolder(workspace, { id: idOf(i), createdAt: Date.now() + i });
    const text = Array.from({ length: records }, (_, step) => metricsText(step, metrics)).join('');
    appendFileSync(path.join(folder, 'journal', 'rank0-1.ndjson'), text);
    writeFileSync(path.join(folder, 'output.log'), '');
    appendFileSync(path.join(folder, 'journal', 'supervisor.ndjson'), spawnLine() + exitLine());
  }
  const engine = await MeasuredEngine.start(workspace, dist, profile);
  try {
    for (;;) {
      const all = await Promise.all(
        [0, runs >> 1, runs - 1].map((i) =>
          engine.client
            .request('metrics/read', { run: idOf(i), metric: 'loss', limit: 1 }, { timeoutMs: 300_000 })
            .catch(() => ({ total: 0 })),
        ),
      );
      if (all.every(({ total }) => total === records)) break;
      await pause(50);
    }
    await engine.idle();
    return await work(engine);
  } finally {
    await engine.stop();
    rmSync(workspace, { recursive: true, force: true });
  }
}

export interface RowFigures {
  listMs: number;
  listBytes: number;
  changeBytes: number;
  memory: number;
  longestWait: number;
}

/** 200 runs are listed, and one of them changes. */
export function measureRows(metrics: number, dist: string, profile: string | null): Promise<RowFigures> {
  return withRuns({ runs: 200, records: 1, metrics }, dist, profile, async (engine) => {
    const heard = new Promise<number>((resolve) => {
      engine.client.on('changed', (params) => params.runs.length > 0 && resolve(bytesOf(params)));
    });
    const { result, waits } = await engine.longestWait(async () => {
      const began = performance.now();
      const list = await engine.client.request('runs/list', { limit: 200 }, { timeoutMs: 300_000 });
      return { listMs: performance.now() - began, listBytes: bytesOf(list) };
    });
    await engine.client.request('runs/note', { id: idOf(7), note: 'changed' });
    const changeBytes = await heard;
    return { ...result, changeBytes, memory: engine.memory(), longestWait: Math.max(...waits) };
  });
}

export interface SeriesFigures {
  ms: number;
  cpuMs: number;
  bytes: number;
  longestWait: number;
}

/** One metric of all runs, 1,000 series a request. */
export function measureSeries(
  { runs, records, points }: { runs: number; records: number; points: number },
  dist: string,
  profile: string | null,
): Promise<SeriesFigures> {
  return withRuns({ runs, records, metrics: 3 }, dist, profile, async (engine) => {
    const before = engine.cpu();
    const { result, waits } = await engine.longestWait(async () => {
      const began = performance.now();
      const answers = [];
      for (let from = 0; from < runs; from += 1000) {
        const queries = Array.from({ length: Math.min(1000, runs - from) }, (_, i) => ({
          ...{ run: idOf(from + i), metric: 'loss', points },
        }));
        answers.push(await engine.client.request('series/read', { queries }, { timeoutMs: 300_000 }));
      }
      const ms = performance.now() - began;
      return { ms, bytes: answers.reduce((sum, answer) => sum + bytesOf(answer), 0) };
    });
    return { ...result, cpuMs: (engine.cpu() - before) * 1000, longestWait: Math.max(...waits) };
  });
}
