import { describe, expect, it } from 'vitest';
import { foundText } from '../../../../src/experiment/auto/found.js';
import { autoText, formatOf } from '../../../../src/experiment/auto/source.js';
import { parseExperiment } from '../../../../src/experiment/index.js';
import { validateNetwork } from '../../../../src/experiment/network/index.js';
import { fillNetwork } from '../../../../src/experiment/start/fillNetwork.js';
import { toSpace } from '../../../../src/experiment/index.js';

const read = (network: string, more = '') =>
  parseExperiment(`network:\n  ${network.replaceAll('\n', '\n  ')}\n${more}`, '/a.tune.yaml');
const problems = (network: string, more = '') =>
  read(network, more).problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);

describe('network: auto', () => {
  it.each([
    'mnist',
    '{ csv: { file: a.csv, target: y } }',
    '{ images: { folder: a } }',
    '{ npy: { inputs: x, targets: y } }',
  ])('needs only data (%s) and a time', (data) => {
    const { experiment, problems: found } = read(`data: ${data}\nauto: 10m`);
    expect(found).toEqual([]);
    expect(experiment!.search).toMatchObject({ time: 600, trials: null });
    expect(experiment!.objective).toEqual({ metric: 'val/loss', goal: 'minimize' });
    expect(toSpace(experiment!).dimensions.length).toBeGreaterThan(10);
    const program = experiment!.program as { value: unknown };
    const { network } = validateNetwork(fillNetwork(program.value, experiment!.params, {}));
    expect(network).toMatchObject({ test: 0.2, seconds: 100, layers: [], body: { width: 64, depth: 2 } });
    expect(network!.open).toContain('loss');
  });

  it('takes trials, a kind, and values of a person’s own', () => {
    const { experiment } = read(
      'data: mnist\nauto: { time: 60s, kind: sequences, trials: 3 }\ntest: 0.5',
      'params: { width: 32 }\nsearch: { sampler: random, space: { width: { int: [8, 40] } } }',
    );
    expect(experiment!.search).toMatchObject({ sampler: 'random', trials: 3, time: 60 });
    expect(experiment!.search!.space).toMatchObject({ width: { int: [8, 40] }, cell: {} });
    expect(experiment!.params.width).toBe(32);
    expect((experiment!.program as { value: unknown }).value).toMatchObject({ test: 0.5, body: { kind: 'sequences' } });
  });

  it('takes settings of a search without a space', () => {
    const { experiment, problems: found } = read('data: mnist\nauto: 60s', 'search: { parallel: 1 }');
    expect(found).toEqual([]);
    expect(experiment!.search).toMatchObject({ parallel: 1, sampler: 'auto', time: 60 });
    expect(experiment!.search!.space).toHaveProperty('width');
  });

  it('refuses what it cannot mean, with its place', () => {
    expect(problems('data: mnist\nauto: soon')).toEqual(['3:9: auto must be a time such as 60s, 10m or 2h']);
    expect(problems('data: mnist\nauto: { time: 0 }')).toEqual(['3:17: time must be a time such as 60s, 10m or 2h']);
    expect(problems('data: mnist\nauto: 60s\nlayers: [{ dense: 10 }]')).toContain(
      `4:3: "layers" can't be combined with auto, which finds it`,
    );
    expect(problems('data: mnst\nauto: 60s')[0]).toBe('2:9: unknown data "mnst"');
    expect(problems('data: mnist\nbody: { widht: 3 }')).toContain('3:11: unknown key "widht"');
    expect(problems('data: mnist\nlayers: [{ dense: 10 }]\nbody: { width: 3 }\nloss: mse')).toContain(
      '4:9: body replaces layers: remove "layers" or "body"',
    );
    expect(problems('data: mnist\nlayers: [{ dense: 10 }]')).toContain('1:1: loss is missing');
  });
});

describe('the file of a found network', () => {
  it('is an ordinary one with its layers, and validates', () => {
    const { experiment } = read('data: { csv: { file: a.csv, target: y } }\nauto: 60s');
    const template = (experiment!.program as { value: Record<string, unknown> }).value;
    const found = {
      ...{ name: 'a best', template, inputShape: [4], outputs: 3, loss: 'crossEntropy', epochs: 30 },
      params: { ...experiment!.params, skip: true, depth: 3, norm: 'batch', squash: true, learning_rate: 0.0123456 },
    };
    const text = foundText(found);
    const parsed = parseExperiment(text, '/a.best.tune.yaml');
    expect(parsed.problems).toEqual([]);
    expect(parsed.experiment!.params).toMatchObject({ learning_rate: 0.0123, dropout: 0.1 });
    const { value } = parsed.experiment!.program as { value: unknown };
    const { network } = validateNetwork(fillNetwork(value, parsed.experiment!.params, {}));
    expect(network!.layers.filter(({ type }) => type === 'residual')).toHaveLength(2);
    expect(network).toMatchObject({ body: null, seconds: null, test: 0.2, epochs: 30, data: { limit: null } });
    expect(network!.optimizer.learningRate).toBe(0.0123);
  });

  it('is written for files by their names', () => {
    expect(formatOf('a.csv.gz', false)).toBe('csv');
    expect(formatOf('train-images-idx3-ubyte.gz', false)).toBe('idx');
    expect(formatOf('pictures', true)).toBe('images');
    expect(formatOf('a.docx', false)).toBeNull();
    const text = autoText({
      ...{ format: 'csv', files: ['a: b.csv'], target: 'the price', inputs: null, task: 'regression', kind: null },
      ...{ time: '90', trials: 4 },
    });
    const { experiment, problems: found } = parseExperiment(text, '/x.tune.yaml');
    expect(found).toEqual([]);
    expect(experiment!.search).toMatchObject({ time: 90, trials: 4 });
  });
});
