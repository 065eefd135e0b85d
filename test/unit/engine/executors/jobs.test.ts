/** The engine's side of a cluster, played without one: what is asked when, and what is never asked twice. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SubmitRefused, type Executor, type JobState } from '../../../../src/engine/executors/executor.js';
import { ClusterJob, Jobs } from '../../../../src/engine/executors/jobs.js';
import type { RunSpec } from '../../../../src/protocol/run/runFolder.js';
import { until } from '../support.js';

class Played implements Executor {
  readonly title = 'Played';
  readonly known = new Map<string, JobState>();
  readonly submitted: string[] = [];
  readonly cancelled: string[] = [];
  polls = 0;
  /** Behaviour of the next submissions: take the job and say so, take it and say nothing, refuse it. */
  next: ('takes' | 'is silent' | 'refuses')[] = [];

  submit({ name }: { name: string }): Promise<string> {
    const how = this.next.shift() ?? 'takes';
    if (how === 'refuses') return Promise.reject(new SubmitRefused('no such partition'));
    this.submitted.push(name);
    const id = String(this.submitted.length);
    this.known.set(name, { name: 'queued', id, reason: 'Priority', position: 1 });
    return how === 'takes' ? Promise.resolve(id) : Promise.reject(new Error('Socket timed out'));
  }
  poll(names: ReadonlySet<string>): Promise<Map<string, JobState>> {
    this.polls++;
    return Promise.resolve(new Map([...this.known].filter(([name]) => names.has(name))));
  }
  cancel(id: string): Promise<void> {
    this.cancelled.push(id);
    return Promise.resolve();
  }
}

let folder: string;
let executor: Played;
let jobs: Jobs;
const quiet = { info: () => undefined, warn: () => undefined };
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'jobs-')));
  executor = new Played();
  jobs = new Jobs(executor, quiet, 0.2);
});
afterEach(() => {
  jobs.close();
  fs.rmSync(folder, { recursive: true });
});

const job = (name = 'a'): ClusterJob =>
  new ClusterJob(
    jobs,
    {
      ...{ name, folder, output: '', argv: [], env: {}, need: { kind: 'slurm' }, grace: 1, launch: 1 },
      spec: {} as RunSpec,
    },
    1,
  );
const written = (): unknown => JSON.parse(fs.readFileSync(path.join(folder, 'job-1.json'), 'utf8'));

it('the name is in the folder before the cluster hears of it, and the id after', async () => {
  const mine = job();
  mine.begin(true);
  expect(written()).toEqual({ kind: 'slurm', name: 'a', id: null });
  await until('the id', () => mine.id === '1');
  expect(written()).toEqual({ kind: 'slurm', name: 'a', id: '1' });
  await until('its state', () => mine.state?.name === 'queued');
});

it('in doubt the cluster is asked by name, and a job that it has is not submitted again', async () => {
  executor.next = ['is silent'];
  const mine = job();
  mine.begin(true);
  await until('the id', () => mine.id === '1');
  expect(executor.submitted).toEqual(['a']);
  // Another engine, after a kill between the submission and its answer.
  fs.writeFileSync(path.join(folder, 'job-1.json'), JSON.stringify({ kind: 'slurm', name: 'a', id: null }));
  const later = job();
  later.begin(false);
  await until('the id', () => later.id === '1');
  expect(executor.submitted).toEqual(['a']);
});

it('a job that the cluster has never heard of is submitted, one that it has forgotten is gone', async () => {
  const lost = job();
  lost.begin(false);
  await until('the submission', () => lost.id === '1');
  executor.known.clear();
  await until('its end', () => lost.state?.name === 'gone');
  expect(lost.state).toEqual({ name: 'gone', id: '1', how: null });
  expect(executor.submitted).toEqual(['a']);
});

it('a refusal is final and said; a cancelled job is cancelled by its id, also one that is just being submitted', async () => {
  executor.next = ['refuses'];
  const refused = job('refused');
  refused.begin(true);
  await until('the refusal', () => refused.refused === 'no such partition');
  const mine = job('b');
  mine.begin(true);
  mine.cancel();
  await until('the cancelling', () => executor.cancelled.includes('1'));
});

it('nobody is asked while the files of all runs say enough', async () => {
  const mine = job();
  mine.begin(true);
  await until('its state', () => mine.state !== null);
  mine.isNeeded = false;
  const { polls } = executor;
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(executor.polls - polls).toBeLessThanOrEqual(1);
});
