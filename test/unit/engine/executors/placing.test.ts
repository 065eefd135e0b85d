/** Faults of an experiment at the place where it would run. */
import { describe, expect, it } from 'vitest';
import { placeOrRefuse } from '../../../../src/engine/executors/placing.js';
import { RequestError } from '../../../../src/engine/server/requestError.js';
import { parseExperiment } from '../../../../src/experiment/index.js';

async function faults(lines: string, layers = '  layers: [{ dense: 10 }]\n'): Promise<string[]> {
  const text = `on: ssh\nssh: { host: gpu-box }\nnetwork:\n  data: mnist\n${layers}  loss: crossEntropy\n  optimizer: adam\n${lines}`;
  const { experiment, problems } = parseExperiment(text, 'a.tune.yaml');
  expect(problems).toEqual([]);
  try {
    await placeOrRefuse(experiment!, undefined, { workspace: '/nowhere', dist: '/nowhere', env: {} });
    return [];
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return [...JSON.stringify(error.data).matchAll(/"line":(\d+),"column":(\d+)/g)].map(([, at, c]) => `${at}:${c}`);
  }
}

describe('a network that starts from another on an SSH host', () => {
  it('takes files, in short form and in long form', async () => {
    expect(await faults('  from: base.safetensors\n')).toEqual([]);
    expect(await faults('  from: { file: base.safetensors }\n')).toEqual([]);
    expect(await faults('  distil: { teacher: base.safetensors }\n')).toEqual([]);
    expect(await faults('  distil: { teacher: { file: base.safetensors } }\n')).toEqual([]);
  });

  it('refuses runs at their keys: no run is sent', async () => {
    expect(await faults('  from: { run: r1 }\n')).toEqual(['8:9']);
    expect(await faults('  from: { best: true, file: null }\n')).toEqual(['8:9']);
    const joined = '  from: { file: a.safetensors, join: [{ run: r1, part: head }] }\n';
    expect(await faults(joined, '')).toEqual(['7:38']);
  });
});
