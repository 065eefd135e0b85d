import { writtenPlace } from '../../../src/experiment/cluster.js';
import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.js';

const parse = (text: string) => parseExperiment(`run: python train.py\n${text}`, '/w/a.tune.yaml');
const said = (text: string): string[] =>
  parse(text).problems.map(({ line, column, severity, message }) => `${line}:${column} ${severity}: ${message}`);

it('becomes what a job needs: MiB, minutes, and nothing that the file does not say', () => {
  const { experiment, problems } = parse(
    'on: slurm\nresources: { gpus: 1, cpus: 4, memory: 1.5G, time: 1d 2h }\nslurm: { partition: gpu, extra: ["--nice=5"] }\n',
  );
  expect(problems).toEqual([]);
  expect(experiment?.cluster).toEqual({
    kind: 'slurm',
    gpus: 1,
    cpus: 4,
    memory: 1536,
    minutes: 26 * 60,
    partition: 'gpu',
    extra: ['--nice=5'],
  });
  expect(parse('on: slurm\n').experiment?.cluster).toEqual({ kind: 'slurm' });
  expect(parse('on: local\n').experiment?.cluster).toBeUndefined();
  expect(parse('on: slurm\nresources: { time: 1-00:00:30 }\n').experiment?.cluster?.minutes).toBe(1441);
});

it('names the host and the folder of SSH, and the address of Ray', () => {
  const ssh = 'on: ssh\nssh: { host: me@gpu-box, port: 2222 }\nresources: { gpus: 1, perGpu: 2 }\n';
  expect(parse(ssh).problems).toEqual([]);
  expect(parse(ssh).experiment?.cluster).toEqual({
    kind: 'ssh',
    gpus: 1,
    perGpu: 2,
    ssh: { host: 'me@gpu-box', port: 2222, folder: 'tunesmith' },
  });
  expect(parse('on: ray\n').experiment?.cluster).toEqual({ kind: 'ray', ray: { address: 'http://127.0.0.1:8265' } });
  expect(parse('on: ray\nray: { address: "http://head:1/" }\n').experiment?.cluster?.ray?.address).toBe(
    'http://head:1',
  );
});

it.each([
  ['on: nowhere\n', '2:5 error: on must be one of local, slurm, kubernetes, ssh, ray'],
  ['on: ssh\n', '2:1 error: on: ssh needs a host, such as "ssh: { host: gpu-box }"'],
  [
    'on: ssh\nssh: { host: "-oProxyCommand=touch x" }\n',
    '3:14 error: host must be a name from your SSH configuration, or user@host',
  ],
  ['on: ssh\nssh: { host: "a;b" }\n', '3:14 error: host must be a name from your SSH configuration, or user@host'],
  ['on: ssh\nssh: { host: a, folder: x/../../y }\n', '3:25 error: folder must be a folder, without ".."'],
  [
    'on: ssh\nssh: { host: a }\nresources: { cpus: 2 }\n',
    '4:14 warning: cpus reserves nothing with "on: ssh": it is only compared with what the host has',
  ],
  ['ssh: { host: a }\n', '2:1 warning: ssh has no effect without "on: ssh"'],
  [
    'on: ray\nray: { address: "head:8265" }\n',
    '3:17 error: address must be the URL of the dashboard, such as http://head:8265',
  ],
  ['on: ray\nresources: { time: 1h }\n', '3:14 warning: time has no effect with "on: ray"'],
  ['on: slurm\nresources: { memory: 16X }\n', '3:22 error: memory must be a size such as 16G or 500M'],
  [
    'on: slurm\nresources: { time: "0m" }\n',
    '3:20 error: time must be a duration such as 90m, 12h, 2d 6h or 1-06:00:00',
  ],
  [
    'on: slurm\nresources: { time: 12 hours }\n',
    '3:20 error: time must be a duration such as 90m, 12h, 2d 6h or 1-06:00:00',
  ],
  ['on: slurm\nslurm: { extra: ["--job-name=x"] }\n', '3:18 error: Tunesmith sets this option itself'],
  ['on: slurm\nslurm: { extra: ["-x node1"] }\n', '3:18 error: an option must be one text, such as: --gres=gpu:a100:1'],
  ['on: slurm\nslurm: { setup: ["a\\nb"] }\n', '3:18 error: a line of setup must be one line'],
  ['on: slurm\nresources: { nodes: 0 }\n', '3:21 error: nodes must be at least 1'],
  [
    'on: slurm\nresources: { cpus: 2, tasksPerNode: 4 }\n',
    '3:14 error: cpus must be at least tasksPerNode (4): each process needs a core',
  ],
  ['on: kubernetes\nresources: { nodes: 2 }\n', '3:14 error: nodes needs "on: slurm"'],
  [
    'on: kubernetes\nkubernetes: { image: a, volume: { path: /x } }\n',
    '3:33 error: volume needs one of claim, hostPath and nfs',
  ],
  ['on: kubernetes\nkubernetes: { image: a, volume: { claim: x } }\n', '3:33 error: volume needs a path'],
  ['kubernetes: { image: a }\n', '2:1 warning: kubernetes has no effect without "on: kubernetes"'],
  [
    'resources: { memory: 1G }\n',
    '2:14 warning: memory has no effect on this machine: it needs a cluster, such as "on: slurm"',
  ],
  ['slurm: { partition: gpu }\n', '2:1 warning: slurm has no effect without "on: slurm"'],
  [
    'on: slurm\nresources: { perGpu: 2 }\n',
    '3:14 warning: perGpu has no effect with "on: slurm": each run is a separate job',
  ],
  ['retries: -1\n', '2:10 error: retries must be at least 0'],
  ['retries: { crashed: 1 }\n', '2:12 error: unknown key "crashed"'],
])('%j: %s', (text, problem) => {
  expect(said(text).map((each) => each.replace(/ \((known|did).*$/, ''))).toEqual([problem]);
});

it('counts nodes and processes for a command, and not for the built-in trainer', () => {
  const { experiment, problems } = parse('on: slurm\nresources: { nodes: 2, tasksPerNode: 4, cpus: 8 }\n');
  expect(problems).toEqual([]);
  expect(experiment?.cluster).toEqual({ kind: 'slurm', nodes: 2, tasksPerNode: 4, cpus: 8 });
  const network =
    'on: slurm\nresources: { nodes: 2 }\nnetwork: { layers: [{ dense: 2 }], data: { csv: a.csv, target: y } }\n';
  expect(parseExperiment(network, '/w/a.tune.yaml').problems.map(({ message }) => message)).toContain(
    'nodes needs "run" or "module": the built-in trainer uses one process of one node',
  );
});

it('is that of each stage of a pipeline, unless the stages’ files would stay on another host', () => {
  const stages = 'pipeline: [{ stage: a, run: python a.py }]\n';
  expect(parseExperiment(`on: slurm\n${stages}`, '/w/a.tune.yaml').problems).toEqual([]);
  const ssh = parseExperiment(`on: ssh\nssh: { host: box }\n${stages}`, '/w/a.tune.yaml');
  expect(ssh.problems).toMatchObject([
    { line: 1, column: 1, message: expect.stringMatching(/"on: ssh" is not supported for pipelines/) as string },
  ]);
});

it('is written down for a stage as it was read', () => {
  const needs = [
    'on: slurm\nresources: { gpus: 1, cpus: 4, memory: 2G, time: 1h }\nslurm: { partition: a, setup: [x], extra: ["--nice=5"] }\n',
    'on: kubernetes\nresources: { cpus: 2 }\nkubernetes: { image: i, volume: { claim: c, path: /w } }\n',
    'on: ray\nray: { address: "http://head:8265", runtimeEnv: { pip: [a] } }\n',
  ];
  for (const text of needs) {
    const { cluster } = parse(text).experiment!;
    const again = parseExperiment(JSON.stringify({ run: 'python a.py', ...writtenPlace(cluster!) }), '/w/a.tune.json');
    expect(again.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(again.experiment?.cluster).toEqual(cluster);
  }
});
