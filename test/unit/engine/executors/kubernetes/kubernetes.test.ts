/** The executor against exchanges written from the published API: see `server.ts`. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SubmitRefused, type JobRequest } from '../../../../../src/engine/executors/executor.js';
import { Kubernetes } from '../../../../../src/engine/executors/kubernetes/index.js';
import { kubernetesName } from '../../../../../src/engine/executors/kubernetes/manifest.js';
import { KubernetesStandIn } from './server.js';

let folder: string;
let server: KubernetesStandIn;
let url: string;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kube '));
  server = new KubernetesStandIn();
  url = await server.start();
});
afterEach(() => {
  server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const config = (user: string, name = 'config'): NodeJS.ProcessEnv => {
  const file = path.join(folder, name);
  fs.writeFileSync(
    file,
    `apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters:\n- name: c\n  cluster: { server: "${url}" }\n` +
      `contexts:\n- name: here\n  context: { cluster: c, user: u, namespace: team }\nusers:\n- name: u\n  user: ${user}\n`,
  );
  return { PATH: process.env.PATH, KUBECONFIG: file };
};

const request = (more: Partial<JobRequest['need']> = {}, name = 'tunesmith-6abc0defg1-1'): JobRequest => {
  const supervisor = path.join(folder, 'supervisor.cjs');
  fs.writeFileSync(supervisor, 'console.log(1)');
  return {
    name,
    folder: '/shared/w/.tunesmith/runs/6abc0defg1',
    output: '/shared/w/.tunesmith/runs/6abc0defg1/job-1.log',
    argv: ['/usr/bin/node', supervisor, '/shared/w/.tunesmith/runs/6abc0defg1', '22', 'hash', ''],
    env: { SECRET: 'mine', TUNESMITH_CAPTURE: 'off' },
    need: {
      kind: 'kubernetes',
      kubernetes: { image: 'team/train:1', queue: 'gpu', volume: { claim: 'team', path: '/shared' } },
      ...more,
    },
    grace: 10,
    launch: 1,
    spec: {
      ...{ version: 1, id: '6abc0defg1', experiment: 'a', file: null, search: null, trial: null, objective: null },
      ...{ argv: ['python', 'train.py'], cwd: '/shared/w', env: {}, params: {}, seed: 0, stopGrace: 10, createdAt: 0 },
    },
  };
};

const executor = (env: NodeJS.ProcessEnv): Kubernetes => Kubernetes.of(request().need, env);

it('submits a Job with the image, the queue, the volume and the supervisor, once', async () => {
  const kubernetes = executor(config('{ token: t1 }'));
  server.tokens = ['t1'];
  const need = { gpus: 2, cpus: 8, memory: 1024, minutes: 90 };
  const name = await kubernetes.submit(request(need));
  expect(await kubernetes.submit(request(need))).toBe(name);
  expect(server.jobs.size).toBe(1);
  const posted = server.exchanges.find(({ path: at }) => at.endsWith('/jobs'))!;
  await expect(
    JSON.stringify(posted.body, null, 2).replace(/tunesmith-[0-9a-f]{16}/g, 'tunesmith-TOOLS'),
  ).toMatchFileSnapshot('golden/job.txt');
  expect(JSON.stringify(server.exchanges)).not.toContain('mine');
});

it('a name that Kubernetes does not allow becomes one that it allows, and no other’s', () => {
  const names = [
    'tunesmith-A_b-1',
    'tunesmith-a-b-1',
    `tunesmith-${'x'.repeat(64)}-1`,
    `tunesmith-${'x'.repeat(64)}-2`,
  ].map(kubernetesName);
  expect(new Set(names).size).toBe(4);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/);
});

it('what the server will never take is refused with its words; what may pass is tried again', async () => {
  const kubernetes = executor(config('{ token: t1 }'));
  server.refusal = { code: 403, message: 'jobs.batch is forbidden: exceeded quota', reason: 'Forbidden' };
  await expect(kubernetes.submit(request())).rejects.toThrow(
    new SubmitRefused('jobs.batch is forbidden: exceeded quota'),
  );
  server.refusal = { code: 429, message: 'too many requests', reason: 'TooManyRequests' };
  await expect(kubernetes.submit(request())).rejects.not.toBeInstanceOf(SubmitRefused);
  server.stop();
  await expect(kubernetes.submit(request())).rejects.toThrow(/does not answer/);
  await expect(kubernetes.submit(request({ kubernetes: {} }))).rejects.toThrow(/image/);
});

it('credentials come from a command of the person’s own file, and are renewed when they are refused', async () => {
  const script = path.join(folder, 'login.mjs');
  const counter = path.join(folder, 'count');
  fs.writeFileSync(
    script,
    `import fs from 'node:fs';
     const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
     fs.appendFileSync(${JSON.stringify(counter)}, 'x');
     const token = process.env.PREFIX + fs.readFileSync(${JSON.stringify(counter)}, 'utf8').length;
     console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status: { token } }));`,
  );
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: [script],
    env: [{ name: 'PREFIX', value: 'p' }],
  };
  const kubernetes = executor(config(JSON.stringify({ exec })));
  server.tokens = ['p1', 'p2'];
  await kubernetes.submit(request());
  await kubernetes.poll(new Set());
  expect(fs.readFileSync(counter, 'utf8')).toBe('x');
  server.tokens = ['p2'];
  await kubernetes.poll(new Set());
  expect(fs.readFileSync(counter, 'utf8')).toBe('xx');
});

it('a kubeconfig that lacks something says what', async () => {
  const none = { KUBECONFIG: path.join(folder, 'nowhere') };
  await expect(executor(none).poll(new Set())).rejects.toThrow(/There is no kubeconfig .*kubectl must work/);
  const other = Kubernetes.of({ kind: 'kubernetes', kubernetes: { context: 'there' } }, config('{ token: a }'));
  await expect(other.poll(new Set())).rejects.toThrow('The kubeconfig has no context "there" (it has here).');
});

const owner = (name: string) => [{ kind: 'Job', name, apiVersion: 'batch/v1', uid: 'u' }];
const pod = (job: string, status: unknown, nodeName?: string) => ({
  metadata: { name: `${job}-x`, ownerReferences: owner(job) },
  spec: { ...(nodeName && { nodeName }) },
  status,
});

it('tells waiting, running and ended jobs apart, with place and reason', async () => {
  const kubernetes = executor(config('{ token: t1 }'));
  const names = ['waits', 'starts', 'runs', 'ends', 'memory', 'late', 'taken', 'lost', 'evicted'].map(
    (each) => `tunesmith-${each}-1`,
  );
  const [waits, starts, runs, ends, memory, late, taken, lost, evicted] = names as [string, ...string[]];
  for (const name of names) await kubernetes.submit(request({}, name));
  server.kueue = {
    workloads: [
      {
        metadata: { name: 'job-waits', ownerReferences: owner(waits) },
        status: {
          conditions: [
            {
              type: 'QuotaReserved',
              status: 'False',
              message: "couldn't assign flavors to pod set main: insufficient quota",
            },
          ],
        },
      },
      {
        metadata: { name: 'job-evicted', ownerReferences: owner(evicted!) },
        status: { conditions: [{ type: 'Evicted', status: 'True', reason: 'Preempted' }] },
      },
    ],
    pending: [{ metadata: { name: 'job-waits', ownerReferences: owner(waits) }, positionInLocalQueue: 2 }],
  };
  const job = (name: string, conditions: unknown[]) => {
    server.jobs.get(name)!.spec = { suspend: false };
    server.jobs.get(name)!.status = { conditions };
  };
  const failed = [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }];
  job(starts!, []);
  job(runs!, []);
  job(ends!, [{ type: 'Complete', status: 'True' }]);
  job(memory!, failed);
  job(late!, [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }]);
  job(taken!, failed);
  job(lost!, failed);
  server.pods.push(
    pod(starts!, { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] }),
    pod(runs!, { phase: 'Running' }, 'node7'),
    pod(memory!, {
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }],
    }),
    pod(taken!, {
      phase: 'Failed',
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
    }),
    pod(lost!, { phase: 'Failed', reason: 'NodeLost' }),
  );
  const states = await kubernetes.poll(new Set([...names, 'tunesmith-never-1']));
  expect(Object.fromEntries([...states].map(([name, { id: _id, ...state }]) => [name, state]))).toEqual({
    [waits]: { name: 'queued', reason: "couldn't assign flavors to pod set main: insufficient quota", position: 3 },
    [starts!]: { name: 'queued', reason: 'ImagePullBackOff', position: null },
    [runs!]: { name: 'running', node: 'node7' },
    [ends!]: { name: 'gone', how: 'ended' },
    [memory!]: { name: 'gone', how: 'out of memory' },
    [late!]: { name: 'gone', how: 'timeout' },
    [taken!]: { name: 'gone', how: 'preempted' },
    [lost!]: { name: 'gone', how: 'node failed' },
    [evicted!]: { name: 'gone', how: 'preempted' },
  });
});

it('works without Kueue, and asks for it only once', async () => {
  const kubernetes = executor(config('{ token: t1 }'));
  const id = await kubernetes.submit(request());
  for (let turn = 0; turn < 3; turn++) {
    const states = await kubernetes.poll(new Set([id]));
    expect(states.get(id)).toEqual({ name: 'queued', id, reason: 'Suspended', position: null });
  }
  expect(server.exchanges.filter(({ path: at }) => at.includes('kueue')).length).toBe(1);
  await kubernetes.cancel(id);
  await kubernetes.cancel(id);
  expect(server.jobs.size).toBe(0);
});
