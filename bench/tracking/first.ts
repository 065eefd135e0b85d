/** How soon a client has the first point of a run after it has asked for one, and how much of that is the script's own start. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { makeWorkspace, MeasuredEngine, pause } from './engine.js';

export type FirstKind = 'client' | 'printed';

export interface FirstFigures {
  /** Milliseconds from the request to the point at the client, each try. */
  point: number[];
  /** Milliseconds from the request to the start of the program. */
  begun: number[];
  /** Milliseconds from the first record to the point at the client. */
  shown: number[];
  /** Milliseconds that the same program takes for its first record without an engine and a supervisor. */
  bare: number[];
}

const LASTS = 0.2;
const PROGRAMS: Record<FirstKind, string> = {
  client:
    'import time\nimport tunesmith\nrun = tunesmith.init()\nrun.log({"loss": 0.5}, step=0)\n' +
    `print("logged", flush=True)\ntime.sleep(${LASTS})\n`,
  printed: `import time\nprint("step 0 loss: 0.5", flush=True)\ntime.sleep(${LASTS})\n`,
};

/** `client`: the folder with the Python client. */
export async function measureFirst(
  kind: FirstKind,
  tries: number,
  dist: string,
  python: string,
): Promise<FirstFigures> {
  const workspace = makeWorkspace();
  const program = path.join(workspace, 'train.py');
  writeFileSync(program, PROGRAMS[kind]);
  const experiment = path.join(workspace, 'bench.tune.yaml');
  writeFileSync(experiment, `name: bench\nrun: python3 train.py\nobjective: { metric: loss, goal: minimize }\n`);
  const engine = await MeasuredEngine.start(workspace, dist);
  const { client } = engine;
  const figures: FirstFigures = { point: [], begun: [], shown: [], bare: [] };
  // Like the panel, it watches the runs that it hears of, and reads a series that has grown.
  let heard: (run: string) => void = () => undefined;
  client.on('seriesChanged', ({ runs }) => Object.keys(runs).forEach((id) => heard(id)));
  for (let i = 0; i < tries; i++) {
    await engine.idle();
    figures.bare.push(await bare(path.join(workspace, 'bare'), program, python));
    await pause(200);
    const asked = Date.now();
    const began = performance.now();
    const grown = new Promise<string>((resolve) => (heard = resolve));
    const { run } = await client.request('runs/start', { file: experiment });
    await client.request('watch', { runs: [run.id] });
    const id = await grown;
    const { points } = await client.request('metrics/read', { run: id, metric: 'loss', limit: 1 });
    const now = performance.now();
    if (points.length === 0) throw new Error('the series has grown and has no point');
    figures.point.push(now - began);
    figures.shown.push(asked + (now - began) - points[0]!.time);
    const spawned = JSON.parse(
      readFileSync(path.join(workspace, '.tunesmith/runs', id, 'journal/supervisor.ndjson'), 'utf8').split('\n')[0]!,
    ) as { time: number };
    figures.begun.push(spawned.time - asked);
    await pause(LASTS * 1000 + 300);
  }
  await engine.stop();
  rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
  return figures;
}

/** Milliseconds until the program has made its first record, with nothing of ours but its client around it. */
function bare(folder: string, program: string, python: string): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, 'journal'), { recursive: true });
  const env = {
    ...process.env,
    PYTHONPATH: python,
    TUNESMITH_RUN_ID: 'bare',
    TUNESMITH_RUN_DIR: folder,
    TUNESMITH_JOURNAL: path.join(folder, 'journal/external.ndjson'),
    TUNESMITH_PARAMS: '{}',
  };
  const began = performance.now();
  const child = spawn('python3', [program], {
    cwd: path.dirname(program),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let took = 0;
    child.stdout.once('data', () => (took = performance.now() - began));
    child.on('exit', (code) => (code === 0 ? resolve(took) : reject(new Error(`the program ended with ${code}`))));
  });
}
