/** Scripts without a file of ours: `tunesmith run train.py` and `tunesmith tune train.py`, with the real engine and Python. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const TRAIN = `import argparse, json, os, sys
sys.path.insert(0, os.environ["TUNESMITH_PYTHON_DIR"])
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1, help="learning rate")
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--sizes", type=int, nargs="+", default=[8, 16])
parser.add_argument("--amp", action="store_true")
parser.add_argument("--config", default="conf/base.yaml")
parser.add_argument("--out-dir", default="results")
parser.add_argument("--seed", type=int, default=3)
parser.add_argument("--data")
if __name__ == "__main__":
    args = parser.parse_args()
    import tunesmith
    import yaml
    tunesmith.init()
    tunesmith.log({"val/loss": args.lr, "epoch": 0})
    print(json.dumps({**vars(args), "conf": open(args.config).read(), "cwd": os.path.basename(os.getcwd())}))
    tunesmith.finish()
`;
// The finder looks for what reads configurations; the test needs no package for it.
const YAML_STUB = 'pass\n';

let here: Workspace;
beforeAll(async () => {
  here = await Workspace.open({ 'yaml.py': YAML_STUB, 'go.sh': '#!/bin/sh\necho "said $1 $2"\n' });
  for (const folder of ['conf', 'sub']) mkdirSync(path.join(here.folder, folder));
  here.write('conf/base.yaml', '# kept\noptim: { momentum: 0.9, name: sgd }\n');
  here.write('train.py', TRAIN);
  here.write('sub/train.py', TRAIN);
});
afterAll(() => here.dispose());

const printed = (out: string): Record<string, unknown> =>
  JSON.parse(
    out
      .split('\n')
      .find((line) => line.includes('{"lr"'))!
      .replace(/^[^{]*/, ''),
  ) as Record<string, unknown>;

async function runJson(args: string[]) {
  const { code, out, err } = await here.tunesmith(['run', '--json', ...args]);
  expect(code, err).toBe(0);
  const run = JSON.parse(out) as { id: string; params: Record<string, unknown>; experiment: string };
  const log = await here.tunesmith(['log', run.id]);
  return { run, log: log.out };
}

it('runs a script as it is, with its defaults as hyperparameters', async () => {
  const { run, log } = await runJson(['train.py']);
  expect(run).toMatchObject({ experiment: 'train', params: { lr: 0.1, batch_size: 32, sizes: [8, 16], amp: false } });
  expect(printed(log)).toMatchObject({ lr: 0.1, sizes: [8, 16], amp: false, out_dir: 'results', seed: 3, data: null });
});

it('takes arguments after --, known and unknown', async () => {
  const { run, log } = await runJson(['train.py', '--', '--lr', '0.5', '--amp', '--data=x y', '--sizes', '1']);
  expect(run.params).toMatchObject({ lr: 0.5, amp: true });
  expect(printed(log)).toMatchObject({ lr: 0.5, amp: true, data: 'x y', sizes: [1] });
});

it('runs other scripts', async () => {
  const { log } = await runJson(['go.sh', '--', 'a', '{b}']);
  expect(log).toContain('said a {b}');
});

it('writes an experiment file that is valid and starts as it is, and never over another', async () => {
  const { code, out, err } = await here.tunesmith(['tune', 'train.py']);
  expect(code, err).toBe(0);
  expect(out).toBe('Written: train.tune.yaml\n');
  const file = path.join(here.folder, 'train.tune.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('objective: { metric: val/loss, goal: minimize } # logged by earlier runs');
  expect(text).toContain('lr: { log: [1e-3, 1.0] }');
  expect((await here.tunesmith(['validate', 'train.tune.yaml'])).code).toBe(0);
  const { log } = await runJson(['train.tune.yaml']);
  const said = printed(log);
  expect(said.conf).toBe('# kept\noptim: { momentum: 0.9, name: sgd }\n');
  expect(String(said.out_dir)).toMatch(/\.tunesmith\/runs\/[^/]+\/results$/);
  expect(String(said.config)).toMatch(/\.tunesmith\/runs\/[^/]+\/files\/base\.yaml$/);

  writeFileSync(file, 'mine');
  const again = await here.tunesmith(['tune', 'train.py']);
  expect(again.code).toBe(1);
  expect(again.err).toContain('already exists');
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect((await here.tunesmith(['tune', 'train.py', '--force'])).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it('writes through no link, and starts where the terminal is', async () => {
  symlinkSync(path.join(here.folder, 'elsewhere'), path.join(here.folder, 'sub/train.tune.yaml'));
  const { code } = await here.tunesmith(['tune', 'sub/train.py']);
  expect(code).toBe(1);
  expect(existsSync(path.join(here.folder, 'elsewhere'))).toBe(false);
  const other = await here.tunesmith(['tune', 'sub/train.py', '-o', 'sub/other.tune.yaml']);
  expect(other.out).toBe('Written: sub/other.tune.yaml\n');
  const { log } = await runJson(['sub/other.tune.yaml']);
  expect(printed(log).cwd).toBe('work space');
});

it('starts programs in separate folders, so that their files don’t collide', async () => {
  here.write('data.csv', '1,2\n');
  here.write('writes.py', 'import sys\nopen("model.txt", "w").write(open(sys.argv[1]).read() + sys.argv[2])\n');
  const text = "run: python writes.py data.csv {n}\nparams: { n: 1 }\noutput: '{run.dir}/out'\n";
  here.write('writes.tune.yaml', `${text}search: { sampler: grid, parallel: 2, space: { n: { choice: [1, 2] } } }\n`);
  const { code, out, err } = await here.tunesmith(['search', 'writes.tune.yaml', '--json']);
  expect(code, err).toBe(0);
  const { search } = JSON.parse(out) as { search: string };
  const { out: listed } = await here.tunesmith(['ls', '--json', '--search', search]);
  const written = (JSON.parse(listed) as { id: string; params: { n: number } }[]).map(({ id, params }) => [
    params.n,
    readFileSync(path.join(here.folder, '.tunesmith/runs', id, 'out/model.txt'), 'utf8'),
  ]);
  expect(written.sort()).toEqual([
    [1, '1,2\n1'],
    [2, '1,2\n2'],
  ]);
  expect(existsSync(path.join(here.folder, 'model.txt'))).toBe(false);
});

it('explains why a file is not a script', async () => {
  here.write('x.txt', 'hello');
  expect((await here.tunesmith(['tune', 'x.txt'])).err).toContain('is not a script');
  expect((await here.tunesmith(['run', 'train.tune.yaml', 'lr=1'])).err).toContain('set with --set');
});
