// Cost of one run.log() in Node, and what a kill -9 loses. `node bench/log-node.mjs [--quick] [--json]`.
// "Tight" is a loop of calls; "paced" is a call every 10 ms with work in between, as in training, when caches are
// cold. Compare the ratios: the microseconds belong to the machine.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  createWriteStream,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const one = { 'train/loss': 0.123456789 };
const twenty = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`metric/${i}`, i * 0.123456789 + 1e-3]));

/** Name → what makes a log function that writes into the folder. */
const writers = {
  tunesmith(folder, bundle) {
    process.env.TUNESMITH_RUN_DIR = folder;
    const run = createRequire(import.meta.url)(bundle).connectRun();
    return (values, step) => run.log(values, { step });
  },
  'JSON line, writeSync'(folder) {
    const file = openSync(join(folder, 'log.ndjson'), 'a');
    return (values, step) => writeSync(file, JSON.stringify({ time: Date.now(), step, values }) + '\n');
  },
  'JSON line, appendFileSync'(folder) {
    return (values, step) =>
      appendFileSync(join(folder, 'log.ndjson'), JSON.stringify({ time: Date.now(), step, values }) + '\n');
  },
  'JSON line, stream'(folder) {
    const stream = createWriteStream(join(folder, 'log.ndjson'));
    return (values, step) => stream.write(JSON.stringify({ time: Date.now(), step, values }) + '\n');
  },
};

const turn = () => new Promise((resolve) => setImmediate(resolve));
const percentile = (values, share) => values.sort((a, b) => a - b)[Math.floor(values.length * share)];

async function measure(log, quick) {
  const result = {};
  let step = 0;
  let waste = 0;
  for (const [key, values] of [
    ['1', one],
    ['20', twenty],
  ]) {
    for (let i = 0; i < 200; i++) log(values, step++);
    const costs = [];
    for (let i = 0; i < (quick ? 100 : 400); i++) {
      const due = performance.now() + 10;
      while (performance.now() < due) {
        // Work of a training's kind between two calls: it, too, wants the caches.
        waste += Float64Array.from({ length: 2000 }, Math.random)[7];
        await turn();
      }
      const start = performance.now();
      log(values, step++);
      costs.push((performance.now() - start) * 1000);
    }
    result[`paced${key}`] = [percentile(costs, 0.5), percentile(costs, 0.99)];
    const count = quick ? 2000 : 20_000;
    const start = performance.now();
    for (let i = 0; i < count; i++) log(values, step++);
    result[`tight${key}`] = ((performance.now() - start) / count) * 1000;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  result.waste = waste > 0;
  return result;
}

/** Logs at 1 kHz until killed, and tells on its output how many calls have returned. */
async function forever(log) {
  let due = performance.now();
  for (let step = 0; ;) {
    log(one, step++);
    writeSync(1, `${step}\n`);
    due += 1;
    while (performance.now() < due) await turn();
  }
}

function lostByKill(name, folder, bundle, seconds) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--child', 'kill', name, folder, bundle]);
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), seconds * 1000));
    child.on('close', () => {
      const done = Number(out.split('\n').at(-2));
      const journals = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.ndjson'));
      const found = journals.map((file) => readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1));
      const records = found.flat().filter((line) => line.includes('"values"')).length;
      resolve({ lost: Math.max(0, done - records), of: done });
    });
  });
}

const measureInChild = (name, folder, bundle, quick) =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(import.meta.url), '--child', 'measure', name, folder, bundle, quick ? 'quick' : 'full'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`${name} ended with ${code}`)),
    );
  });

if (process.argv[2] === '--child') {
  const [kind, name, folder, bundle, speed] = process.argv.slice(3);
  const log = writers[name](folder, bundle);
  if (kind === 'kill') await forever(log);
  const result = await measure(log, speed === 'quick');
  writeSync(1, JSON.stringify(result));
  process.exit(0);
}

const quick = process.argv.includes('--quick');
const { build } = await import('esbuild');
const scratch = mkdtempSync(join(tmpdir(), 'bench '));
try {
  const bundle = join(scratch, 'client.cjs');
  const entry = join(root, 'src/client/index.ts');
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: bundle,
    logLevel: 'error',
  });
  const results = {};
  for (const name of Object.keys(writers)) {
    const folder = (kind) => mkdtempSync(join(scratch, `${kind} `));
    results[name] = {
      ...(await measureInChild(name, folder('cost'), bundle, quick)),
      ...(await lostByKill(name, folder('kill'), bundle, quick ? 1 : 3)),
    };
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2));
  else {
    const base = results.tunesmith;
    console.log(
      '| Writer | paced p50 / p99 µs, 1 scalar | 20 scalars | × tunesmith (1 / 20) | tight µs, 1 / 20 | lost by kill -9 |',
    );
    console.log('|---|---|---|---|---|---|');
    for (const [name, { paced1, paced20, tight1, tight20, lost, of }] of Object.entries(results)) {
      const cell = ([p50, p99]) => `${p50.toFixed(1)} / ${p99.toFixed(0)}`;
      const ratio = `${(paced1[0] / base.paced1[0]).toFixed(1)} / ${(paced20[0] / base.paced20[0]).toFixed(1)}`;
      const tight = `${tight1.toFixed(2)} / ${tight20.toFixed(2)}`;
      console.log(`| ${name} | ${cell(paced1)} | ${cell(paced20)} | ${ratio} | ${tight} | ${lost} of ${of} |`);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
