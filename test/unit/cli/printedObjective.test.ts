/** A plain script that only prints its score is searched: the objective is read from its output. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const SCRIPT = `import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
lr = parser.parse_args().lr
for epoch in range(3):
    print(f"epoch {epoch} loss {1 / (epoch + 1) + lr:.4f} val_acc={1 - abs(lr - 0.3) - 0.1 / (epoch + 1):.4f}", flush=True)
`;
const FILE = (pruner: string) => `name: printed
run: python3 train.py --lr {lr}
objective: { metric: val_acc, goal: maximize }
search:
  sampler: grid
  pruner: ${pruner}
  parallel: 2
  space:
    lr: { choice: [0.1, 0.3, 0.7] }
`;

let here: Workspace;
beforeAll(async () => {
  here = await Workspace.open({ 'train.py': SCRIPT, 'a.tune.yaml': FILE('none') });
});
afterAll(() => here.dispose());

it('finds the best of what was printed', async () => {
  const { code, out, err } = await here.tunesmith(['search', 'a.tune.yaml', '--json']);
  expect(code, err).toBe(0);
  const search = JSON.parse(out) as { status: string; best: { params: object; objective: number } };
  expect(search).toMatchObject({ status: 'completed', best: { params: { lr: 0.3 }, objective: 0.9667 } });
  const runs = JSON.parse((await here.tunesmith(['ls', '--json'])).out) as { id: string; objective: number }[];
  // The last printed value of each, to the digits that were printed.
  expect(runs.map(({ objective }) => objective).sort()).toEqual([0.5667, 0.7667, 0.9667]);
  const points = JSON.parse((await here.tunesmith(['metrics', runs[0]!.id, 'val_acc', '--json'])).out) as {
    step: number;
  }[];
  expect(points.map(({ step }) => step)).toEqual([0, 1, 2]);
  expect((await here.tunesmith(['show', runs[0]!.id])).out).toContain('read from the output: ');
}, 120_000);
