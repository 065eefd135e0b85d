/** Trainings of every kind whose program is killed, with the real command line, engine and trainer. */
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTrainer } from '../training/trainerProgram.js';
import { Workspace } from './workspace.js';

/**
 * A metric that kills its own program, as `kill -9` does, when it is computed for the n-th time in a process, or as soon as a
 * search for its layers has a state.
 */
const KILLER = `let calls = 0;
const fs = await import('node:fs');
const folder = (process.env.TUNESMITH_JOURNAL ?? '').replace(/journal.[^/\\\\]*$/, '');
const has = (name) => fs.existsSync(folder + 'architecture.' + name);
if (process.env.KILL_AT === 'searching') setInterval(() => (has('safetensors') || has('json')) && process.kill(process.pid, 'SIGKILL'), 2);
export function calm() {
  if (++calls === Number(process.env.KILL_AT ?? 0)) process.kill(process.pid, 'SIGKILL');
  return 0;
}
`;
const COMMON = `data: { csv: { file: points.csv, target: kind } }
    loss: crossEntropy
    metrics: { module: ./killer.mjs }
    optimizer: { name: adam, learningRate: 0.01 }
    batchSize: 20
    seed: 1`;
const LAYERS = '[{ dense: { units: 12, activation: relu } }, { dense: { units: 8, activation: relu } }, { dense: 4 }]';
const PLAIN = `layers: ${LAYERS}\n    epochs: 4`;

let workspace: Workspace;
let files = 0;

beforeAll(async () => {
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [x, y, z] = [(i * 7) % 13, (i * 5) % 11, (i * 3) % 7];
    return `${x},${y},${z},${x > 6 ? 'a' : 'b'}${y > 5 ? 'c' : 'd'}`;
  });
  workspace = await Workspace.open({
    'points.csv': `x,y,z,kind\n${rows.join('\n')}\n`,
    'killer.mjs': KILLER,
    'copy.mjs': 'import { copyFileSync } from "node:fs";\ncopyFileSync("points.csv", process.argv[2]);\n',
  });
  await buildTrainer(path.dirname(workspace.command[1]!));
  // On a busy machine, building takes more than the usual minute.
}, 240_000);
afterAll(async () => {
  await workspace.dispose();
});

const tunesmith = (killAt: number | 'searching' | null, ...args: string[]) =>
  workspace.tunesmith(args, { TUNESMITH_BACKEND: 'wasm', KILL_AT: killAt === null ? undefined : String(killAt) });

async function json<T>(...args: string[]): Promise<T> {
  const { out, err } = await tunesmith(null, ...args, '--json');
  expect(err).toBe('');
  return JSON.parse(out) as T;
}

async function ended(id: string): Promise<{ id: string; status: string; error: { message: string } | null }> {
  for (;;) {
    const run = await json<Awaited<ReturnType<typeof ended>>>('show', id);
    if (['completed', 'failed', 'stopped'].includes(run.status)) return run;
    // Each look is a process.
    await sleep(1000);
  }
}

/** Steps and values of a metric, each step once. */
async function points(run: string, metric: string): Promise<[number, number][]> {
  const all = await json<{ step: number; value: number }[]>('metrics', run, metric);
  return all.map(({ step, value }) => [step, value]);
}

/** Names of all metrics, and the points of some. A process reads each, so that all would take too long. */
async function curves(run: string): Promise<unknown[]> {
  const names = (await json<string[]>('metrics', run)).filter((name) => !name.startsWith('system/'));
  const read = names.filter((name) => /^(loss|val\/loss|hyper\/weight_decay|scratch\/loss)$/.test(name));
  return [names.sort(), ...(await Promise.all(read.map(async (name) => [name, await points(run, name)])))];
}

async function start(text: string, killAt: number | 'searching' | null): Promise<string> {
  const file = `killed${++files}.tune.yaml`;
  workspace.write(file, text);
  const { out, err } = await tunesmith(killAt, 'run', file, '--json');
  expect(err).toMatch(killAt === null ? /^$/ : /^tunesmith: /);
  return (JSON.parse(out) as { id: string }).id;
}

// On a busy machine, the start of a process takes seconds.
describe('a training whose program is killed', { timeout: 300_000 }, () => {
  const darts = `epochs: 4
    validation: 0.3
    architecture: { method: darts, epochs: 6, chain: [{ dense: 6 }, { oneOf: { more: [{ dense: 6 }], skip: [] } }, { dense: 4 }] }`;
  const kinds: [string, number | 'searching', string][] = [
    [
      'hypergradients',
      3,
      `${PLAIN}\n    hypergradient: { tune: [learningRate, weightDecay, labelSmoothing], every: 3 }`,
    ],
    ['local targets', 3, `${PLAIN}\n    transform: { local: { steps: 2 } }`],
    ['federated averaging', 3, `${PLAIN}\n    federated: { clients: 5, share: 0.6, epochs: 2, alpha: 0.5 }`],
    [
      'meta-learning',
      10,
      `${PLAIN.replace('dense: 4', 'dense: 2')}\n    meta: { method: reptile, ways: 2, shots: 3, queries: 5, steps: 10, unseen: { tasks: 4, from: [ac, bd] } }`,
    ],
    ['an architecture by DARTS', 2, darts],
    ['an architecture by DARTS, while it is searched', 'searching', darts],
    ['an architecture by SMASH, while it is searched', 'searching', darts.replace('darts', 'smash')],
  ];
  it.each(kinds)('resumes as if it had not been: %s', async (_, killAt, section) => {
    const text = `network:\n    ${COMMON}\n    ${section}\n`;
    const whole = await ended(await start(text, null));
    expect(whole).toMatchObject({ status: 'completed', error: null });
    const killed = await ended(await start(text, killAt));
    expect(killed).toMatchObject({ status: 'failed', error: { kind: 'signal' } });
    expect((await tunesmith(null, 'resume', killed.id)).code).toBe(0);
    expect(await ended(killed.id)).toMatchObject({ status: 'completed', error: null });
    expect(await curves(killed.id)).toEqual(await curves(whole.id));
  });
});

const PIPELINE = `params: { keep: 0.5 }
objective: { metric: small/val/loss, goal: minimize }
pipeline:
  - { stage: files, run: 'node copy.mjs {run.dir}/copy.csv', outputs: [copy.csv] }
  - stage: base
    from: files
    train:
      ${COMMON.replaceAll('\n', '\n  ')}
      ${PLAIN.replaceAll('\n', '\n  ')}
  - { stage: split, decompose: { parts: { first: 2.dense, last: end } } }
  - { stage: thin, from: split.first, prune: { by: fisher, remove: 0.4, rounds: 2, retrain: 2, examples: 64 } }
  - { stage: flat, from: split.last, decompose: { rank: 3, retrain: 3 } }
  - { stage: whole, from: [thin, flat], integrate: { epochs: 4 } }
  - { stage: taught, from: whole, distil: { teacher: base }, network: { epochs: 4 } }
  - { stage: smooth, from: base, transform: { smooth: { by: softplus } }, network: { epochs: 4 } }
  - { stage: normal, from: base, transform: { normalise: all, retrain: 4 } }
  - { stage: small, from: taught, quantise: { bits: 8 } }
`;

it(
  'a pipeline whose stages are killed again and again ends as one whose stages are not',
  { timeout: 600_000 },
  async () => {
    interface Stage {
      name: string;
      status: string;
      reused: boolean;
      run: string;
    }
    const stagesOf = async (id: string) => (await json<{ stages: Stage[] }>('pipeline', id)).stages;
    const whole = await ended(await start(`name: whole\n${PIPELINE}`, null));
    expect(whole).toMatchObject({ status: 'completed', error: null });
    // Another text of the module makes stages of its own.
    workspace.write('killer.mjs', `${KILLER}// again\n`);
    let killed = await ended(await start(`name: killed\n${PIPELINE}`, 3));
    let times = 0;
    for (; killed.status === 'failed' && times < 30; times++) {
      expect(killed.error!.message).toContain('failed');
      await tunesmith(3, 'resume', killed.id);
      killed = await ended(killed.id);
    }
    expect(killed).toMatchObject({ status: 'completed', error: null });
    expect(times).toBeGreaterThan(3);
    const [expected, found] = [await stagesOf(whole.id), await stagesOf(killed.id)];
    expect(found.map(({ name, status, reused }) => [name, status, reused])).toEqual(
      // The first stage is no training, and has not changed.
      expected.map(({ name }) => [name, 'completed', name === 'files']),
    );
    for (const [i, { name, run }] of found.entries()) {
      expect([name, await curves(run)]).toEqual([name, await curves(expected[i]!.run)]);
    }
    // Each stage is one run, however often it was killed.
    const runs = await json<{ id: string; pipeline?: string; stage?: { pipeline: string } }[]>('ls', '--limit', '1000');
    expect(runs.filter(({ id }) => found.some(({ run }) => run === id))).toHaveLength(found.length);
  },
);
