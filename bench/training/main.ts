/** PyTorch and ours in turns, and the report. Started by run.mjs, which says how. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NETS } from './nets.js';
import { reportText, type Measured, type StartTimes } from './report.js';
import { Side, type Rate } from './side.js';
import { measureStart } from './start.js';

const { values: given } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    nets: { type: 'string' },
    backends: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    threads: { type: 'string' },
    'no-start': { type: 'boolean', default: false },
    'no-report': { type: 'boolean', default: false },
  },
});
const { BENCH_ROOT: root = '.', BENCH_OUT: out = 'out/bench-training' } = process.env;
const rounds = Number(given.rounds);
const seconds = Number(given.seconds);
const load = os.loadavg()[0]!;
const threads = Number(given.threads ?? os.availableParallelism());
// Native TensorFlow's threads within one operation.
process.env.TF_NUM_INTRAOP_THREADS = `${threads}`;

/** Plain JavaScript takes minutes for what the others do in a second. */
const TOO_SLOW: Record<string, string[]> = { cpu: ['cnn', 'valid', 'norm'] };

/** Backends that work here, by the trainer's own word. */
function workingBackends(): string[] {
  const { stdout } = spawnSync(process.execPath, [join(out, 'trainer.cjs'), '--probe-backends'], { encoding: 'utf8' });
  const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as { backends: { id: string; works: boolean }[] };
  return last.backends.filter(({ works }) => works).map(({ id }) => id);
}

async function measure(id: string, backends: string[], torch: boolean): Promise<Measured> {
  const net = NETS[id]!;
  const commands = new Map<string, string[]>();
  for (const backend of backends) {
    if (!TOO_SLOW[backend]?.includes(id))
      commands.set(backend, [process.execPath, join(out, 'worker.cjs'), backend, id]);
  }
  if (torch) {
    for (const count of new Set([1, threads])) {
      commands.set(`torch-${count}`, [given.python, join(root, 'bench/training/pytorch.py'), id, `${count}`]);
    }
  }
  const sides = new Map<string, Side>();
  for (const [name, command] of commands) {
    const side = new Side(command, net.batch);
    try {
      await side.prepare(seconds);
      sides.set(name, side);
    } catch (error) {
      console.error(`${id} on ${name}: ${(error as Error).message}`);
      side.end();
    }
  }
  for (let round = 0; round < rounds; round++) for (const side of sides.values()) await side.turn(seconds);
  const rates: Record<string, Rate> = {};
  for (const [name, side] of sides) {
    rates[name] = side.best;
    side.end();
    const all = side.rates.map((rate) => Math.round(rate)).join(' ');
    const { clock, cpu } = side.best;
    console.log(
      `${net.title.padEnd(30)} ${name.padEnd(18)} ${Math.round(clock)} samples/s, ${Math.round(cpu)} a CPU second   (${all})`,
    );
  }
  const details = Object.fromEntries([...sides].map(([name, side]) => [name, side.detail]));
  return { title: net.title, text: net.text, rates, details };
}

async function main(): Promise<void> {
  const torch = spawnSync(given.python, ['-c', 'import torch']).status === 0;
  if (!torch) console.error(`${given.python} has no torch: there is nothing to compare with (--python PATH)`);
  const backends = given.backends?.split(',') ?? workingBackends();
  const measured: Measured[] = [];
  for (const id of given.nets?.split(',') ?? Object.keys(NETS)) measured.push(await measure(id, backends, torch));
  const starts: StartTimes = {};
  if (!given['no-start']) {
    for (const backend of [...backends.filter((one) => one !== 'cpu'), 'auto']) {
      starts[backend] = await measureStart(join(out, 'trainer.cjs'), backend, rounds);
      console.log(`start of a trial, ${backend}: ${Math.round(starts[backend])} ms`);
    }
  }
  if (given['no-report']) return;
  const output = (...args: string[]) => (spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout ?? '').trim();
  const text = reportText(measured, starts, {
    machine: `Node ${process.versions.node}, ${os.platform()} ${os.arch()}, ${os.availableParallelism()} × ${os.cpus()[0]?.model ?? 'unknown processor'}`,
    commit: output('rev-parse', '--short', 'HEAD') || 'no commit',
    rounds,
    seconds,
    threads,
    load,
  });
  writeFileSync(join(root, 'docs/benchmarks/training.md'), text);
  console.log('docs/benchmarks/training.md');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
