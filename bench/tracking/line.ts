/** The path from the journals of running runs to the index: points per second, CPU time per point, and the waiting time of a client. */
import { rmSync } from 'node:fs';
import { makeWorkspace, MeasuredEngine, pause, type TurnFigures } from './engine.js';
import { PlayedRun, roomFor } from './feed.js';

export interface LineShape {
  runs: number;
  /** Metrics in a record. */
  metrics: number;
  /** Records in a frame. */
  lines: number;
  /** Frames of each run. */
  frames: number;
  /** Frames of each run a second; null: as fast as the engine takes them. */
  pace: number | null;
}

export interface LineFigures {
  points: number;
  seconds: number;
  /** Engine's CPU seconds. */
  cpu: number;
  /** Milliseconds that a small request waited, sorted. */
  waits: number[];
  memory: number;
  turns: TurnFigures;
  /** While all runs end at once. */
  endTurns: TurnFigures;
}

export async function measureLine(shape: LineShape, dist: string, profile: string | null = null): Promise<LineFigures> {
  const workspace = makeWorkspace();
  const runs: PlayedRun[] = [];
  for (let i = 0; i < shape.runs; i++) {
    runs.push(await PlayedRun.begin(workspace, { id: `r${String(i).padStart(6, '0')}`, createdAt: Date.now() + i }));
  }
  const engine = await MeasuredEngine.start(workspace, dist, profile);
  try {
    await engine.client.request('watch', { runs: runs.slice(0, 20).map((_, i) => `r${String(i).padStart(6, '0')}`) });
    const until = performance.now() + 120_000;
    while (!runs.every((run) => run.connected) && performance.now() < until) await pause(20);
    await engine.idle();
    await engine.turns();
    const before = engine.cpu();
    const began = performance.now();
    const { waits } = await engine.longestWait(() => feed(runs, shape, engine));
    const seconds = (performance.now() - began) / 1000;
    const cpu = engine.cpu() - before;
    const points = shape.runs * shape.frames * shape.lines * shape.metrics;
    const turns = await engine.turns();
    const memory = engine.memory();
    for (const run of runs.splice(0)) run.end();
    await allEnded(engine);
    return { points, seconds, cpu, waits: waits.sort((a, b) => a - b), memory, turns, endTurns: await engine.turns() };
  } finally {
    for (const run of runs) run.close();
    await engine.stop();
    rmSync(workspace, { recursive: true, force: true });
  }
}

async function allEnded(engine: MeasuredEngine): Promise<void> {
  for (let left = 1; left > 0; await pause(50)) {
    left = (await engine.client.request('runs/list', { status: ['running'], limit: 1 })).total;
  }
}

/** Resolves once the index has every point. */
async function feed(runs: readonly PlayedRun[], shape: LineShape, engine: MeasuredEngine): Promise<void> {
  const began = performance.now();
  for (let frame = 0; frame < shape.frames; frame++) {
    for (const run of runs) run.log(shape.lines, shape.metrics);
    await roomFor(runs);
    if (shape.pace !== null) await pause(Math.max(0, began + ((frame + 1) * 1000) / shape.pace - performance.now()));
  }
  const wanted = shape.frames * shape.lines;
  for (;;) {
    const ids = runs.map((_, i) => `r${String(i).padStart(6, '0')}`);
    let all = true;
    for (const id of [ids[0]!, ids.at(-1)!, ids[ids.length >> 1]!]) {
      const { total } = await engine.client.request('metrics/read', { run: id, metric: 'loss', limit: 1 });
      if (total < wanted) all = false;
    }
    if (all) return;
    await pause(5);
  }
}
