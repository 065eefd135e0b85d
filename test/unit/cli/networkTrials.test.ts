/** Trials of a search over a network, which one process of the built-in trainer takes one after the other. */
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTrainer } from '../training/trainerProgram.js';
import { Workspace } from './workspace.js';

let workspace: Workspace;
const rows = Array.from({ length: 60 }, (_, i) => `${(i * 7) % 13},${(i * 5) % 11},${(i * 7) % 13 > 6 ? 'a' : 'b'}`);

beforeAll(async () => {
  workspace = await Workspace.open({ 'points.csv': `x,y,kind\n${rows.join('\n')}\n` });
  await buildTrainer(path.dirname(workspace.command[1]!));
});
afterAll(async () => {
  await workspace.dispose();
});

interface Listed {
  id: string;
  status: string;
  params: { width: number };
}

async function search(name: string, values: string): Promise<Listed[]> {
  workspace.write(
    `${name}.tune.yaml`,
    `name: ${name}
network:
  data: { csv: { file: points.csv, target: kind } }
  layers: [{ dense: { units: '{width}', activation: relu } }, { dense: 2 }]
  loss: crossEntropy
  epochs: 2
params: { width: 4 }
objective: { metric: val/loss, goal: minimize }
search: { sampler: grid, parallel: 1, space: { width: { choice: ${values} } } }
`,
  );
  await workspace.tunesmith(['search', `${name}.tune.yaml`], { TUNESMITH_BACKEND: 'wasm' });
  const { out } = await workspace.tunesmith(['ls', '--json']);
  return (JSON.parse(out) as Listed[]).sort((a, b) => a.params.width - b.params.width);
}

const folderOf = ({ id }: Listed): string => path.join(workspace.folder, '.tunesmith', 'runs', id);
const textOf = (run: Listed, ...names: string[]): string => readFileSync(path.join(folderOf(run), ...names), 'utf8');
function processOf(run: Listed): string | undefined {
  const journals = readdirSync(path.join(folderOf(run), 'journal'));
  return journals.flatMap((name) => /"type":"spawn".*?"pid":(\d+)/.exec(textOf(run, 'journal', name))?.[1] ?? [])[0];
}

describe('trials of a search over a network', () => {
  it('share a process, with an own journal, output and network each', async () => {
    const runs = await search('widths', '[2, 3, 4, 5, 6, 7]');
    expect(runs.map(({ status }) => status)).toEqual(Array(6).fill('completed'));
    // On a busy machine, a process may be given up and another one started.
    expect(new Set(runs.map(processOf)).size).toBeLessThan(4);
    for (const run of runs) {
      // Two weights and a bias of each unit, and three of each output.
      const parameters = 3 * run.params.width + 2 * (run.params.width + 1);
      expect(textOf(run, 'output.log')).toContain(`${parameters} parameters`);
      expect(textOf(run, 'output.log').match(/parameters/g)).toHaveLength(1);
      expect(readdirSync(path.join(folderOf(run), 'checkpoints'))).toContain('model.safetensors');
    }
  });
});
