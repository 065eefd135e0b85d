import type { EngineConnection } from '../../engine/clients/index.js';
import type { MetricPoint, RankPoint } from '../../protocol/engine/index.js';

/** Points in one answer: small enough that neither process waits for long, or takes much memory. */
const PAGE = 20_000;

/** Pages of a metric's points in the order logged; with `points`, one page of about that many; `lost`: also of lost timelines. */
export async function* readPoints(
  engine: EngineConnection,
  run: string,
  metric: string,
  points?: number,
  lost = false,
): AsyncGenerator<MetricPoint[]> {
  if (points !== undefined) {
    yield (await engine.request('metrics/read', { run, metric, points })).points;
    return;
  }
  for (let offset = 0; ;) {
    const page = await engine.request('metrics/read', { run, metric, offset, limit: PAGE, lost });
    yield page.points;
    offset += page.points.length;
    if (page.points.length === 0 || offset >= page.total) return;
  }
}

/** Pages of a metric over the ranks of a distributed job, by step. */
export async function* readRanks(engine: EngineConnection, run: string, metric: string): AsyncGenerator<RankPoint[]> {
  for (let offset = 0; ;) {
    const page = await engine.request('metrics/ranks', { run, metric, offset, limit: 1_000_000 });
    yield page.points;
    offset += page.points.length;
    if (page.points.length === 0 || offset >= page.total) return;
  }
}
