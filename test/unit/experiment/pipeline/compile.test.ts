import { describe, expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../../src/experiment/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';

const FILE = '/workspace/small.tune.yaml';
const NETWORKS = `
name: small
params: { width: 32, keep: 0.5, alpha: 0.7 }
objective: { metric: student/val/accuracy, goal: maximize }
pipeline:
  - stage: base
    params: { epochs: 5 }
    train:
      data: mnist
      layers: [flatten, { dense: '{width}' }, { dense: 10 }]
      loss: crossEntropy
      batchSize: 64
      epochs: '{epochs}'
  - stage: pruned
    prune: { remove: '{keep}', rounds: 2 }
  - stage: student
    from: base
    distil: { alpha: '{alpha}' }
    network: { layers: [flatten, { dense: 10 }] }
  - stage: again
    from: pruned
    distil: { teacher: base }
    network: { epochs: 2 }
  - stage: more
    from: again
    train: { epochs: 1 }
`;

function plan(text: string, params: Params = {}) {
  const { experiment, problems } = parseExperiment(text, FILE);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return planRun(experiment!, params, { dist: '/dist', env: {} });
}
const texts = (text: string, params?: Params) =>
  Object.fromEntries(
    plan(text, params).pipeline!.stages.map((stage) => [stage.name, JSON.parse(stage.text) as object]),
  );

describe('stages with networks', () => {
  it('inherit the data and the settings of the network that they take', () => {
    expect(plan(NETWORKS).problems).toEqual([]);
    const { base, pruned, student, again, more } = texts(NETWORKS) as Record<string, Record<string, unknown>>;
    expect(base).toMatchObject({ name: 'small/base', params: { width: 32, epochs: 5 } });
    const shared = { data: 'mnist', loss: 'crossEntropy', batchSize: 64 };
    expect(pruned).toEqual({
      name: 'small/pruned',
      network: {
        ...shared,
        from: { run: '{stage.base.run}' },
        epochs: 0,
        prune: { remove: '{keep}', rounds: 2 },
      },
      params: { keep: 0.5 },
    });
    expect(student).toMatchObject({
      network: { ...shared, layers: ['flatten', { dense: 10 }], distil: { teacher: { run: '{stage.base.run}' } } },
      objective: { metric: 'val/accuracy', goal: 'maximize' },
      params: { alpha: 0.7, epochs: 5 },
    });
    expect(student!.network).not.toHaveProperty('from');
    expect(again).toMatchObject({
      network: { from: { run: '{stage.pruned.run}' }, distil: { teacher: { run: '{stage.base.run}' } }, epochs: 2 },
    });
    expect(again!.network).not.toHaveProperty('prune');
    expect(more).toMatchObject({ network: { ...shared, from: { run: '{stage.again.run}' }, epochs: 1 } });
    expect(more!.network).not.toHaveProperty('distil');
  });

  it('report values that do not fit, at their place', () => {
    const { problems } = plan(NETWORKS, { keep: -1 });
    expect(problems).toMatchObject([{ severity: 'error', message: 'remove must be above 0', line: 15 }]);
  });

  it('have a text that is an experiment file', () => {
    for (const { text } of plan(NETWORKS).pipeline!.stages) {
      expect(parseExperiment(text.replace(/\{stage\.\w+\.run\}/g, 'abc'), FILE).problems).toEqual([]);
    }
  });
});

it('commands get the values that they name, and those of their stage', () => {
  const text = `
name: steps
env: { MODE: fast }
params: { n: 1.0, seed: 3, unused: 5 }
pipeline:
  - stage: a
    run: python a.py --n {n} data.csv
    inputs: [more]
    outputs: [x.csv]
  - stage: b
    params: { path: '{n}', lr: 0.1 }
    run: [python, b.py, '{stage.a.dir}/x.csv', '{lr}']
    env: { MODE: slow }
    resources: { gpus: 0 }
`;
  const { stages } = plan(text).pipeline!;
  expect(stages.map(({ name, after, inputs, outputs }) => ({ name, after, inputs, outputs }))).toEqual([
    { name: 'a', after: [], inputs: ['python', 'a.py', '--n', '1', 'data.csv', 'more'], outputs: ['x.csv'] },
    { name: 'b', after: ['a'], inputs: ['python', 'b.py', '0.1'], outputs: [] },
  ]);
  expect(stages[0]!.text).toContain('"n": 1.0');
  expect(JSON.parse(stages[1]!.text)).toEqual({
    name: 'steps/b',
    run: ['python', 'b.py', '{stage.a.dir}/x.csv', '{lr}'],
    params: { path: 1, lr: 0.1 },
    env: { MODE: 'slow' },
    resources: { gpus: 0 },
  });
});

it('parts are taken by the runs of their stages, and put together', () => {
  const text = `
name: parts
params: { bits: 6 }
pipeline:
  - stage: base
    train: { data: mnist, layers: [flatten, { dense: 20 }, { dense: 10 }], loss: crossEntropy, epochs: 5 }
  - stage: split
    decompose: { parts: { features: 2.dense, head: end } }
  - stage: features
    from: split.features
    transform: { smooth: { from: 2 } }
  - stage: head
    from: split.head
    quantise: { bits: '{bits}' }
  - stage: whole
    from: [features, head]
    integrate: { epochs: 2, optimizer: sgd }
`;
  expect(plan(text).problems).toEqual([]);
  const { split, features, head, whole } = texts(text) as Record<string, Record<string, unknown>>;
  const shared = { data: 'mnist', loss: 'crossEntropy' };
  expect(split!.network).toEqual({
    ...shared,
    from: { run: '{stage.base.run}' },
    epochs: 0,
    decompose: { parts: { features: '2.dense', head: 'end' } },
  });
  expect(features!.network).toEqual({
    ...shared,
    from: { run: '{stage.split.run}', part: 'features' },
    epochs: 1,
    transform: { smooth: { from: 2 } },
  });
  expect(head).toMatchObject({
    network: { from: { run: '{stage.split.run}', part: 'head' }, epochs: 0, quantise: { bits: '{bits}' } },
    params: { bits: 6 },
  });
  expect(whole!.network).toEqual({
    ...shared,
    from: { run: '{stage.features.run}', join: [{ run: '{stage.head.run}', part: 'head' }] },
    epochs: 2,
    optimizer: 'sgd',
  });
  expect(plan(text).pipeline!.stages.at(-1)!.after).toEqual(['features', 'head']);
});

it('a command gets copies of files with the values of its run, which it depends on', () => {
  const text = `
name: copies
params: { lr: 0.5 }
pipeline:
  - stage: a
    run: python a.py {conf}
    files: { conf.yaml: { lr: '{lr}' } }
    output: '{run.dir}/out'
`;
  const [stage] = plan(text).pipeline!.stages;
  expect(stage!.inputs).toContain('conf.yaml');
  expect(JSON.parse(stage!.text)).toEqual({
    name: 'copies/a',
    run: ['python', 'a.py', '{conf}'],
    params: { lr: 0.5 },
    files: { 'conf.yaml': { lr: '{lr}' } },
    output: '{run.dir}/out',
  });
  expect(parseExperiment(stage!.text, FILE).problems).toEqual([]);
});
