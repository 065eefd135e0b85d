/** Offers of Slurm's partitions, and needs beyond them. */
import { expect, it } from 'vitest';
import { parseExperiment, placeExperiment, problemsAt } from '../../../../src/experiment/index.js';
import { readSinfo, slurmFaults } from '../../../../src/engine/executors/slurm/offer.js';

const OFFER = readSinfo(
  [
    'cpu*|20|64|257000|(null)|1-00:00:00',
    'gpu|4|32|515000|gpu:a100:4(S:0-1)|2:00:00',
    'gpu|2|48|515000|gpu:a100:2,gpu:h100:6|2:00:00',
    'long|1|8|16000|(null)|infinite',
  ].join('\n'),
);

function said(text: string): string[] {
  const { experiment, problems } = parseExperiment(`run: python train.py\non: slurm\n${text}`, '/w/a.tune.yaml');
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const faults = problemsAt(experiment!, slurmFaults(experiment!.cluster!, OFFER));
  return faults.map(({ line, column, message, hint }) => `${line}:${column} ${message} (${hint})`);
}

it('reads partitions, GPUs and time limits', () => {
  expect(OFFER[2]).toEqual({
    partition: 'gpu',
    isDefault: false,
    count: 2,
    cpus: 48,
    memory: 515000,
    gpus: 8,
    limit: 120,
  });
  expect(OFFER[0]).toMatchObject({ isDefault: true, gpus: 0, limit: 1440 });
  expect(OFFER[3]!.limit).toBe(Infinity);
});

it.each([
  ['', []],
  ['resources: { cpus: 64, memory: 200G, time: 1d }\n', []],
  ['resources: { gpus: 8, nodes: 6 }\nslurm: { partition: gpu }\n', []],
  ['slurm: { partition: gpus }\n', ['3:21 Slurm has no partition "gpus" (it has cpu, gpu, long)']],
  [
    'resources: { cpus: 65, gpus: 1 }\n',
    [
      '3:20 a node of the partition cpu has only 64 cores (or choose another partition)',
      '3:30 a node of the partition cpu has no GPUs (or choose another partition)',
    ],
  ],
  [
    'slurm: { partition: long }\nresources: { nodes: 2, memory: 17G }\n',
    [
      '4:21 the partition long has only 1 node (or choose another partition)',
      '4:32 a node of the partition long has only 16000 MiB (or choose another partition)',
    ],
  ],
  [
    'slurm: { partition: gpu }\nresources: { time: 3h }\n',
    ['4:20 a job of the partition gpu may take only 120 minutes (or choose another partition)'],
  ],
  ['resources: { gpus: 9 }\nslurm: { extra: ["--partition=gpu"] }\n', []],
])('%j', (text, expected) => {
  expect(said(text)).toEqual(expected);
});

it('nothing that is not known refuses anything', () => {
  expect(slurmFaults({ kind: 'slurm', gpus: 8, partition: 'x' }, [])).toEqual([]);
});

it('a chosen place replaces the file’s, with the person’s defaults below what the file says', () => {
  const text = 'run: python train.py\nslurm: { partition: gpu }\n';
  const { experiment } = parseExperiment(text, '/w/a.tune.yaml');
  const defaults = { slurm: { partition: 'cpu', account: 'mine' }, kubernetes: { image: 'a' } };
  expect(placeExperiment(experiment!, { on: 'slurm', defaults })).toEqual([]);
  expect(experiment!.cluster).toEqual({ kind: 'slurm', partition: 'gpu', account: 'mine' });
  expect(placeExperiment(experiment!, { on: 'local', defaults })).toEqual([]);
  expect(experiment!.cluster).toBeUndefined();
});

it('a wrong default is refused by the name of its setting', () => {
  const { experiment } = parseExperiment('run: python train.py\non: slurm\n', '/w/a.tune.yaml');
  const problems = placeExperiment(experiment!, { defaults: { slurm: { partition: '' } } });
  expect(problems).toMatchObject([
    { line: 2, column: 5, message: 'your setting clusters.slurm.partition is not valid: partition must not be empty' },
  ]);
});

it('a place that can’t run the file refuses it', () => {
  const { experiment } = parseExperiment('pipeline: [{ stage: a, run: python a.py }]\n', '/w/a.tune.yaml');
  const defaults = { ssh: { host: 'box' } };
  expect(placeExperiment(experiment!, { on: 'slurm' })).toEqual([]);
  expect(placeExperiment(experiment!, { on: 'ssh', defaults })).toMatchObject([
    { line: 1, message: expect.stringMatching(/"on: ssh" is not supported for pipelines/) as string },
  ]);
});
