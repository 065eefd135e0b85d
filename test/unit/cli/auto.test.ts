/** `tunesmith auto` with the real engine and trainer. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTrainer } from '../training/trainerProgram.js';
import { Workspace } from './workspace.js';

let workspace: Workspace;
const inFolder = (name: string): string => path.join(workspace.folder, name);

/** Points of two classes, some cells missing, a column of words and a row without a class. */
function table(target: (i: number, x: number) => string): string {
  const rows = Array.from({ length: 160 }, (_, i) => {
    const x = Math.sin(i * 12.9898) * 43758.5453 - Math.floor(Math.sin(i * 12.9898) * 43758.5453);
    const size = i % 17 === 0 ? '' : (x * 10).toFixed(3);
    return `${size},${i % 3 === 0 ? 'red' : 'blue'},${i === 5 ? '' : target(i, x)}`;
  });
  return `size,color,kind\n${rows.join('\n')}\n`;
}

beforeAll(async () => {
  workspace = await Workspace.open({
    'two.csv': table((_, x) => (x > 0.5 ? 'big' : 'small')),
    'numbers.csv': table((i, x) => (3 * x + (i % 3 === 0 ? 1 : 0) + i / 1e6).toFixed(6)),
    'one.csv': table(() => 'same'),
    'constant.csv': table(() => '2.5').replace(/^.*,,/m, ''),
    'empty.csv': '',
    'header.csv': 'x,y\n',
    'three.csv': 'x,y\n1,p\n2,q\n3,p\n',
    'two-rows.csv': 'x,y\n1,0.5\n2,1.5\n',
    'unknown.csv': 'x,y\n1,NaN\n2,inf\n3,\n',
    'ragged.csv': 'x,y\n1,2\n1\n',
  });
  await buildTrainer(path.dirname(workspace.command[1]!));
  // On a busy machine, building takes more than the usual minute.
}, 240_000);
afterAll(async () => {
  await workspace.dispose();
});

const auto = (...args: string[]) => workspace.tunesmith(['auto', ...args], { TUNESMITH_BACKEND: 'wasm' });

/** Starts the command without waiting for its end. */
function begin(...args: string[]) {
  const [node, program] = workspace.command as [string, string];
  const child = spawn(node, [program, 'auto', ...args], {
    cwd: workspace.folder,
    env: workspace.environment({ TUNESMITH_BACKEND: 'wasm' }),
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (err += String(text)));
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { process: child, code, out: () => out, err: () => err };
}

async function saying(child: ReturnType<typeof begin>, what: RegExp): Promise<void> {
  while (!what.test(child.err())) {
    if (child.process.exitCode !== null) throw new Error(`it ended: ${child.err()}`);
    await sleep(50);
  }
}

// On a busy machine, the start of a process takes seconds.
describe('tunesmith auto', { timeout: 240_000 }, () => {
  it('finds a network for a table, and its file runs and validates', async () => {
    const { code, out, err } = await auto(
      'two.csv',
      '--target',
      'kind',
      '--trials',
      '3',
      '--time',
      '10m',
      '--seed',
      '1',
      '--json',
    );
    expect([err, code]).toEqual([expect.stringContaining('classification into 2 classes'), 0]);
    expect(err).toContain('1 of 160 rows have no target');
    const result = JSON.parse(out) as { file: string; best: { params: object; validation: number }; test: object };
    expect(Object.keys(result)).toEqual(['file', 'best', 'test']);
    expect(result.file).toBe(inFolder('two.network/two.best.tune.yaml'));
    expect(result.best.params).toHaveProperty('learning_rate');
    expect(result.best.validation).toBeGreaterThan(0.7);
    expect(result.test).toEqual({ metric: 'accuracy', value: expect.any(Number) as number });
    expect(readFileSync(inFolder('two.network/two.report.md'), 'utf8')).toContain('| best network |');
    // The networks that were chosen are trained again on all examples but the test's, and predict together. On a busy machine,
    // a search that was over soon leaves no time for it; one that is resumed has its share of two minutes.
    let together = 'two.network/two.ensemble.json';
    if (!existsSync(inFolder(together))) {
      const tried = JSON.parse((await workspace.tunesmith(['ls', '--json'])).out) as { search: string }[];
      expect((await auto('--resume', tried[0]!.search)).code).toBe(0);
      together = 'two.network/two-2.ensemble.json';
    }
    const ensemble = JSON.parse(readFileSync(inFolder(together), 'utf8')) as {
      members: { run: string; copies: number }[];
      test: number;
    };
    const [first] = ensemble.members;
    expect(first!.copies).toBeGreaterThan(0);
    expect(ensemble.test).toBeGreaterThan(0.7);
    const files = readdirSync(inFolder(`.tunesmith/runs/${first!.run}/checkpoints`));
    expect(files.filter((name) => name.startsWith('model-whole'))).toHaveLength(first!.copies);
    const all = await workspace.tunesmith(['predict', together, 'two.csv', '--out', 'all.csv']);
    expect([all.err, all.code]).toEqual([expect.anything(), 0]);
    expect(readFileSync(inFolder('all.csv'), 'utf8').trim().split('\n')).toHaveLength(161);
    expect(await workspace.tunesmith(['validate', 'two.network/two.best.tune.yaml'])).toMatchObject({ code: 0 });
    const run = await workspace.tunesmith([
      'run',
      'two.network/two.best.tune.yaml',
      '--set',
      'batch_size=128',
      '--json',
    ]);
    expect(JSON.parse(run.out)).toMatchObject({ status: 'completed' });
    const evaluated = await workspace.tunesmith(['evaluate', 'latest', '--test', '--json']);
    expect(JSON.parse(evaluated.out)).toMatchObject({ examples: 32, data: 'the test examples of ../two.csv' });
    const runs = JSON.parse((await workspace.tunesmith(['ls', '--json'])).out) as { id: string }[];
    workspace.write(
      'pair.json',
      JSON.stringify({
        format: 'tunesmith ensemble',
        members: runs.slice(-2).map(({ id }) => ({ run: id, weight: 0.5 })),
      }),
    );
    const predicted = await workspace.tunesmith(['predict', 'pair.json', 'two.csv', '--out', 'p.csv']);
    expect([predicted.err, predicted.code]).toEqual([expect.anything(), 0]);
    expect(readFileSync(inFolder('p.csv'), 'utf8').trim().split('\n')).toHaveLength(161);
  });

  it('ends with its time, and predicts numbers', async () => {
    const { code, out, err } = await auto('numbers.csv', '--target', 'kind', '--time', '8s');
    expect([err, code]).toEqual([expect.stringContaining('regression'), 0]);
    expect(out).toMatch(/R² +validation +test/);
    expect(existsSync(inFolder('numbers.network/numbers.best.tune.yaml'))).toBe(true);
  });

  it.each([
    ['trains as many networks as a file says', '{ time: 20m, trials: 2 }', ''],
    ['tries no networks that a file leaves out', '10s', 'search: { space: { width: { logInt: [16, 64] } } }\n'],
  ])('%s', async (_, time, more) => {
    const file = `own${more.length}.tune.yaml`;
    const data = '{ csv: { file: two.csv, target: kind } }';
    workspace.write(file, `network: { data: ${data}, auto: ${time} }\n${more}`);
    const { code, err } = await auto(file);
    expect([err, code]).toEqual([expect.anything(), 0]);
    const searches = JSON.parse((await workspace.tunesmith(['ls', '--searches', '--json'])).out) as Record<
      string,
      unknown
    >[];
    const own = searches.find(({ experiment }) => experiment === file.replace('.tune.yaml', ''))!;
    const runs = JSON.parse((await workspace.tunesmith(['ls', '--json'])).out) as {
      search: string;
      params: { width: number };
    }[];
    const tried = runs.filter(({ search }) => search === own.search);
    expect(own.status).toBe('completed');
    if (more === '') expect(tried).toHaveLength(2);
    else expect(Math.max(...tried.map(({ params }) => params.width))).toBeLessThanOrEqual(64);
  });

  it('goes on after a kill, and never overwrites', async () => {
    const [node, program] = workspace.command as [string, string];
    const args = [program, 'auto', 'two.csv', '--target', 'kind', '--trials', '2', '--time', '20m'];
    const child = spawn(node, args, {
      cwd: workspace.folder,
      env: workspace.environment({ TUNESMITH_BACKEND: 'wasm' }),
    });
    let said = '';
    for await (const text of child.stderr) if ((said += String(text)).includes('trial ')) break;
    child.kill('SIGKILL');
    const listed = (await workspace.tunesmith(['ls', '--searches', '--json'])).out;
    const [{ search: id }] = JSON.parse(listed) as [{ search: string }];
    const { code, err } = await auto('--resume', id);
    expect([err, code]).toEqual([expect.anything(), 0]);
    expect(readdirSync(inFolder('two.network'))).toEqual(
      expect.arrayContaining(['two.best.tune.yaml', 'two-2.best.tune.yaml']),
    );
  });

  it('ends with the best so far after Ctrl+C', async () => {
    const child = begin('two.csv', '--target', 'kind', '--out', 'stopped', '--time', '20m');
    await saying(child, /trial \d+ completed/);
    child.process.kill('SIGINT');
    expect([await child.code, child.err()]).toEqual([0, expect.anything()]);
    expect(child.out()).toMatch(/accuracy +validation +test/);
    expect(existsSync(inFolder('stopped/two.best.tune.yaml'))).toBe(true);
  });

  it('loses nothing when the engine is killed', async () => {
    const child = begin('two.csv', '--target', 'kind', '--out', 'killed', '--trials', '3', '--time', '20m');
    await saying(child, /trial /);
    const { out } = await workspace.tunesmith(['engine', 'status', '--json']);
    process.kill((JSON.parse(out) as { pid: number }).pid, 'SIGKILL');
    const code = await child.code;
    // The command goes on with the next engine, or says how to; then the search goes on where it was.
    if (code !== 0) {
      const listed = JSON.parse((await workspace.tunesmith(['ls', '--searches', '--json'])).out) as {
        search: string;
      }[];
      const resumed = await auto('--resume', listed[0]!.search);
      expect([resumed.err, resumed.code]).toEqual([expect.anything(), 0]);
    }
    expect(existsSync(inFolder('killed/two.best.tune.yaml'))).toBe(true);
    const runs = JSON.parse((await workspace.tunesmith(['ls', '--json'])).out) as { status: string }[];
    expect(runs.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  it.each([
    [['two.csv'], /which column to predict: --target NAME\. The columns are: size,color,kind/],
    [['two.csv', '--target', 'weight'], /has no column "weight" \(target\); its columns are: size, color, kind/],
    [['one.csv', '--target', 'kind'], /target "kind" is always "same"/],
    [['constant.csv', '--target', 'kind', '--task', 'regression'], /the target is always 2\.5/],
    [['empty.csv', '--target', 'kind'], /^tunesmith: empty\.csv is empty/],
    [['header.csv', '--target', 'y'], /^tunesmith: header\.csv has a header and no rows/],
    [
      ['three.csv', '--target', 'y'],
      /^tunesmith: three\.csv: the only training example is of one class, p, of 2: more/,
    ],
    [['two-rows.csv', '--target', 'y'], /^tunesmith: the data are too few: training and validation share 1 example$/m],
    [['unknown.csv', '--target', 'y'], /^tunesmith: unknown\.csv: fewer than two rows have a target/],
    [['ragged.csv', '--target', 'y'], /^tunesmith: ragged\.csv:3: 1 field/],
    [['two.csv', '--target', 'kind', '--time', '0s'], /--time takes a time such as 60s/],
    [['nothing.csv', '--target', 'kind'], /There is no file/],
    [['two.csv', '--target', 'kind', '--time', 'soon'], /--time takes a time such as 60s/],
    [['two.csv', '--target', 'kind', '--task', 'sorting'], /--task takes one of classification, regression/],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await auto(...args);
    expect([out, err, code]).toEqual(['', expect.stringMatching(message), expect.any(Number)]);
    expect(code).toBeGreaterThan(0);
  });
});
