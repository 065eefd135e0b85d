/** A real PyTorch training, run and searched from the command line. */
import { cpSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';

test.skip(!setup.torch.python, `no PyTorch: ${setup.torch.reason}`);

const FILE = 'spirals.tune.yaml';

test('a PyTorch training is tracked point by point and searched', () => {
  const workspace = join(setup.scratch, 'torch');
  cpSync(join(import.meta.dirname, 'fixtures', 'torch'), workspace, { recursive: true });
  const PATH = [dirname(setup.torch.python!), process.env.PATH].join(delimiter);
  const cli = new Cli(workspace, { ...process.env, PATH });
  try {
    const run = cli.run('run', FILE);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const [first] = cli.ls();
    expect(first?.status).toBe('completed');
    const losses = cli.metrics(first!.id, 'train/loss');
    expect(losses.map(({ step }) => step)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    expect(losses.at(-1)!.value).toBeLessThan(losses[0]!.value);
    expect(cli.metrics(first!.id, 'val/accuracy')).toHaveLength(20);
    expect(first!.objective).toBeGreaterThan(0.9);

    const search = cli.json<{ trials: number; best: { params: { lr: number }; objective: number } }>('search', FILE);
    expect(search.best.objective).toBeGreaterThan(0.8);
    expect(search.best.params.lr).toBeGreaterThanOrEqual(1e-3);
    expect(cli.ls().filter(({ search: id }) => id !== null)).toHaveLength(3);
  } finally {
    cli.run('engine', 'stop', '--force');
  }
});
