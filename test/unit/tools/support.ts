import { afterAll, beforeAll } from 'vitest';
import { folderBench } from '../../../src/cli/mcp/bench.js';
import { EngineLink } from '../../../src/engine/clients/index.js';
import { readInput, toolNamed, type Bench } from '../../../src/tools/index.js';
import { TRAIN, experiment, useWorkspace, type Workspace } from '../engine/support.js';

/** A program whose loss depends on `lr` and on its seed, so that repetitions scatter. */
export const NOISY = `
import fs from 'node:fs';
const { lr = 0 } = JSON.parse(process.env.TUNESMITH_PARAMS);
const noise = ((Number(process.argv[2]) * 7919) % 101) / 1e4;
for (let step = 0; step < 30; step++)
  fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values: { loss: Math.abs(lr - 0.1) + 1 / (step + 1) + noise } }) + '\\n');
console.log('trained with', lr);
`;

export const SEARCHED = experiment(
  'node noisy.mjs {seed}',
  `params: { lr: 0.5 } # to be tuned
search:
  sampler: random
  trials: 6
  parallel: 2
  seed: 1
  space: { lr: { uniform: [0, 1] } }
`,
);

export interface Tooled {
  workspace: Workspace;
  bench: Bench;
  link: EngineLink;
  /** Calls a reading tool. */
  ask<T = Record<string, never>>(name: string, input?: object): Promise<T>;
}

/** One workspace with programs, experiment files and the tools on it, for all tests of a file. */
export function useTools(): () => Tooled {
  const workspace = useWorkspace();
  let tooled: Tooled;
  beforeAll(() => {
    const ours = workspace();
    ours.write('train.mjs', TRAIN);
    ours.write('noisy.mjs', NOISY);
    ours.write('broken.mjs', TRAIN.replace('loss: lr', 'loss: step > 3 ? "NaN" : lr'));
    ours.write('broken.tune.yaml', experiment('node broken.mjs', 'params: { steps: 400, pause: 50, lr: 1 }\n'));
    ours.write('tiny.tune.yaml', experiment('node train.mjs', 'params: { steps: 5, pause: 10, lr: 0.5 }\n'));
    ours.write('noisy.tune.yaml', SEARCHED);
    const link = new EngineLink({
      ...{ workspace: ours.folder, client: 'test', version: '0.1.0', distFolder: ours.dist },
      env: { TUNESMITH_ENGINE_IDLE_SECONDS: '30' },
    });
    const bench = folderBench(ours.folder, link);
    tooled = {
      ...{ workspace: ours, bench, link },
      ask: async (name, input = {}) => {
        const tool = toolNamed(name);
        if (tool.acts) throw new Error(`${name} acts`);
        return (await tool.read(readInput(tool, input), bench, { signal: new AbortController().signal })) as never;
      },
    };
  });
  afterAll(() => tooled?.link.dispose());
  return () => tooled;
}
