import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { quoted } from '../../../../src/engine/executors/shell.js';
import { jobScript, sbatchArguments, submitEnvironment } from '../../../../src/engine/executors/slurm/script.js';
import type { RunSpec } from '../../../../src/protocol/run/runFolder.js';
import { SubmitRefused, type JobRequest } from '../../../../src/engine/executors/executor.js';
import { Slurm } from '../../../../src/engine/executors/slurm/index.js';
import {
  bootedSince,
  fieldOf,
  cancelledIn,
  endOf,
  endOfCancelled,
  readDaemons,
  readExits,
  readSacct,
  readSqueue,
} from '../../../../src/engine/executors/slurm/states.js';

const HOSTILE = `a 'b' "c" $(touch x) \`d\` \\ ; & | > % \n é`;

const request = (more: Partial<JobRequest> = {}): JobRequest => ({
  name: 'tunesmith-abc-1',
  folder: '/w/50% ü',
  output: '/w/50% ü/job-1.log',
  argv: ['/usr/bin/node', '/dist/supervisor.cjs', HOSTILE],
  env: {},
  need: { kind: 'slurm' },
  grace: 10,
  launch: 1,
  spec: {} as RunSpec,
  ...more,
});

describe.runIf(process.platform !== 'win32')('the script of a job', () => {
  it('hands every word to the supervisor as it is', () => {
    const printed = execFileSync('sh', ['-c', `printf %s ${quoted(HOSTILE)}`]).toString();
    expect(printed).toBe(HOSTILE);
    const script = jobScript(request({ argv: ['printf', '%s|', HOSTILE, ''] }));
    expect(execFileSync('bash', { input: script }).toString()).toBe(`${HOSTILE}||`);
  });

  it('runs the lines of setup first', () => {
    const need = { kind: 'slurm' as const, setup: ['export A=1', 'B=2'] };
    const script = jobScript(request({ need, argv: ['sh', '-c', 'echo $A$B'] }));
    expect(execFileSync('bash', { input: script }).toString()).toBe('1\n');
  });
});

it('sbatch gets what the file asks for, each option one argument, and no words of Slurm’s own in paths', () => {
  const need = {
    kind: 'slurm',
    gpus: 2,
    cpus: 4,
    memory: 1024,
    minutes: 90,
    partition: 'a b',
    extra: ['--nice=5'],
  } as const;
  const args = sbatchArguments(request({ need: { ...need, extra: [...need.extra] }, grace: 100 }));
  expect(args).toEqual(
    expect.arrayContaining([
      '--output=/w/50%% ü/job-1.log',
      '--chdir=/w/50% ü',
      '--no-requeue',
      '--signal=B:USR2@130',
      '--partition=a b',
      '--cpus-per-task=4',
      '--mem=1024M',
      '--time=90',
      '--gres=gpu:2',
    ]),
  );
  expect(args.at(-1)).toBe('--nice=5');
  expect(sbatchArguments(request()).some((arg) => /^--(gres|mem|time|cpus)/.test(arg))).toBe(false);
  // A job of one minute is told after half of it.
  expect(sbatchArguments(request({ need: { kind: 'slurm', minutes: 1 } }))).toContain('--signal=B:USR2@30');
});

it('variables of an allocation that somebody works in don’t decide for the new job', () => {
  const env = { SLURM_JOB_ID: '1', SLURM_NTASKS: '8', SLURM_CONF: '/c', SBATCH_ACCOUNT: 'mine', PATH: '/bin' };
  expect(submitEnvironment(env)).toEqual({ SLURM_CONF: '/c', SBATCH_ACCOUNT: 'mine', PATH: '/bin' });
});

describe('what Slurm prints', () => {
  it('is read by name, and of two jobs of one name the one that is not over counts', () => {
    const text = [
      '7|mine-1|COMPLETED|None|node1|main',
      '8|mine-1|PENDING|Priority||main',
      '9|mine-2|RUNNING|None|node2|main',
      '10|mine-3|NODE_FAIL|None|node2|main',
      '11|other|RUNNING|None|node2|main',
      '',
    ].join('\n');
    const names = new Set(['mine-1', 'mine-2', 'mine-3', 'mine-4']);
    expect(Object.fromEntries(readSqueue(text, names, { waiting: ['5', '8'] }))).toEqual({
      'mine-1': { name: 'queued', id: '8', reason: 'Priority', position: 2 },
      'mine-2': { name: 'running', id: '9', node: 'node2' },
      'mine-3': { name: 'gone', id: '10', how: 'node failed' },
    });
  });

  it('tells a job that somebody cancelled from one that was gone when its node or the controller came back', () => {
    // Lines of Slurm 22.05: a waiting job and a running one after scancel, and one whose script was killed with the controller.
    const text = [
      '4|mine-1|CANCELLED|JobHeldUser||main',
      '5|mine-2|CANCELLED|None|node1|main',
      '6|mine-3|CANCELLED|None|node1|main',
      '7|other|CANCELLED|None|node1|main',
    ].join('\n');
    const names = new Set(['mine-1', 'mine-2', 'mine-3']);
    expect(cancelledIn(text, names)).toEqual(['5', '6']);
    const exits = readExits(`${'5'.padStart(40)}${'15'.padStart(40)}\n${'6'.padStart(40)}${'0'.padStart(40)}\n`);
    expect([...readSqueue(text, names, { exits }).values()].map((state) => state.name === 'gone' && state.how)).toEqual(
      ['cancelled', 'cancelled', 'vanished'],
    );
    expect([...readExits(' 5 0:9\n 6 256\n 7 1:0\n')]).toEqual([
      ['5', 9],
      ['6', 0],
      ['7', 0],
    ]);
    const accounts =
      '5|mine-2|CANCELLED by 0|0:15|node1\n6|mine-3|CANCELLED by 0|0:0|node1\n4|mine-1|CANCELLED by 0|0:0|None assigned\n';
    expect(
      [...readSacct(accounts, names, { own: 1000, daemons: null }).values()].map(
        (state) => state.name === 'gone' && state.how,
      ),
    ).toEqual(['cancelled', 'restarted', 'cancelled']);
    // The person's own number is said only where accounts are kept; root's is also that of the daemons.
    const daemons = readDaemons('SlurmUser               = slurm(64030)\nSlurmdUser              = root(0)\n');
    const end = (by: number, known: ReadonlySet<number> | null = daemons, signal = 0): string =>
      endOfCancelled({ nodes: 'node1', signal, by }, { own: 1000, daemons: known });
    expect([end(1000), end(0), end(64030), end(2000)]).toEqual(['cancelled', 'vanished', 'vanished', 'cancelled']);
    expect([end(1000, null), end(64030, null), end(2000, null)]).toEqual(['cancelled', 'vanished', 'vanished']);
    expect([end(0, daemons, 15), end(64030, daemons, 15)]).toEqual(['cancelled', 'cancelled']);
    // A person who is root is not told from a daemon.
    const root = readSacct('5|mine-1|CANCELLED by 0|0:0|node1\n', names, { own: 0, daemons });
    expect(root.get('mine-1')).toMatchObject({ how: 'vanished' });
    const administrator = readSacct('5|mine-1|CANCELLED by 2000|0:0|node1\n', names, { own: 1000, daemons });
    expect(administrator.get('mine-1')).toMatchObject({ how: 'cancelled' });
  });

  it('may be an account of what is over', () => {
    const text = '7|mine-1|CANCELLED by 1000|0:15|node1\n8|mine-2|RUNNING|0:0|node1\n9|other|FAILED|1:0|node1\n';
    expect(Object.fromEntries(readSacct(text, new Set(['mine-1', 'mine-2'])))).toEqual({
      'mine-1': { name: 'gone', id: '7', how: 'cancelled' },
    });
    expect([endOf('OUT_OF_MEMORY'), endOf('CONFIGURING'), endOf('constructor')]).toEqual(['out of memory', null, null]);
  });
});

it('a node that has booted since its job began has lost it; other times say nothing', () => {
  const job = 'JobId=7 JobName=tunesmith-a-1 StartTime=1000 EndTime=1200 NodeList=node[1-2] BatchHost=node1';
  expect(fieldOf(job, 'BatchHost')).toBe('node1');
  expect(bootedSince(job, 'NodeName=node1 BootTime=1100 SlurmdStartTime=1110')).toBe(true);
  expect(bootedSince(job, 'NodeName=node1 BootTime=900 SlurmdStartTime=1110')).toBe(false);
  expect(bootedSince(job, 'NodeName=node1 BootTime=None SlurmdStartTime=None')).toBe(false);
  expect(bootedSince('JobId=7 StartTime=Unknown', 'NodeName=node1 BootTime=1100')).toBe(false);
  expect(bootedSince('JobId=7', '')).toBe(false);
});

it.each([
  ['sbatch: error: QOSMaxSubmitJobPerUserLimit', false],
  ['sbatch: error: AssocMaxSubmitJobLimit', false],
  ['sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying', false],
  ['sbatch: error: QOSMaxCpuPerJobLimit', true],
  ['sbatch: error: invalid partition specified: gpus', true],
])('%s: the job is rejected for good: %s', async (words, isFinal) => {
  const bin = fs.mkdtempSync(path.join(os.tmpdir(), 'fake-slurm-'));
  const policy =
    "Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
  fs.writeFileSync(
    path.join(bin, 'sbatch'),
    `#!/bin/sh\ncat > /dev/null\necho "${words}" >&2\necho "${policy}" >&2\nexit 1\n`,
    {
      mode: 0o755,
    },
  );
  try {
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const error = await new Slurm(env).submit(request({ env })).catch((each: unknown) => each);
    expect((error as Error).message).toContain(words);
    expect(error instanceof SubmitRefused).toBe(isFinal);
  } finally {
    fs.rmSync(bin, { recursive: true });
  }
});
