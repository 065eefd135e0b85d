/** The other host: looks at the folder all the time, kills its own engine when told to, and at the end says what it sees. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { connectEngine, type EngineConnection } from '../../src/engine/clients/index.js';
import { LIVE_STATUSES } from '../../src/protocol/engine/index.js';

const [workspace, dist] = process.argv.slice(2) as [string, string];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const told = (name: string): boolean => fs.existsSync(path.join(workspace, name));

async function main(): Promise<void> {
  let engine: EngineConnection | null = null;
  for (;;) {
    try {
      if (!engine || engine.closed) {
        engine = await connectEngine({ workspace, client: 'chaos', version: '0.1.0', distFolder: dist });
      }
      const { runs } = await engine.request('runs/list', { limit: 10_000 });
      if (told('kill-there')) {
        fs.rmSync(path.join(workspace, 'kill-there'));
        process.kill(engine.engine.pid, 'SIGKILL');
      } else if (told('finish-there') && !runs.some(({ status }) => LIVE_STATUSES.includes(status))) {
        // A fresh look at everything: an index made from the folder alone.
        await pause(5000);
        return await tell(engine);
      }
    } catch {
      engine?.dispose();
      engine = null;
    }
    await pause(200);
  }
}

async function tell(engine: EngineConnection): Promise<void> {
  const { runs } = await engine.request('runs/list', { limit: 10_000 });
  const seen = [];
  for (const run of runs) {
    const { points } = await engine
      .request('metrics/read', { run: run.id, metric: 'loss' })
      .catch(() => ({ points: [] }));
    seen.push({ run, stored: points.map(({ step }) => step) });
  }
  const file = path.join(workspace, 'there.json');
  fs.writeFileSync(`${file}.new`, JSON.stringify(seen));
  fs.renameSync(`${file}.new`, file);
}

void main().then(() => process.exit(0));
