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
  cancelledIn,
  endOf,
  endOfCancelled,
  readBegun,
  readDaemons,
  readExits,
  readNodes,
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
  const begun = readBegun(' 7   1000   node1 \n8 N/A n/a\n9 1000\n');
  expect([...begun]).toEqual([
    ['7', { start: 1000, host: 'node1' }],
    ['8', { start: NaN, host: '' }],
    ['9', { start: 1000, host: '' }],
  ]);
  const nodes = readNodes(
    'NodeName=node1 BootTime=1100 SlurmdStartTime=1110\nNodeName=node2 BootTime=900\nNodeName=node3 BootTime=None\n',
  );
  const booted = (job: string, node: string): boolean => bootedSince(begun.get(job)!, nodes.get(node)!);
  expect([booted('7', 'node1'), booted('7', 'node2'), booted('7', 'node3'), booted('8', 'node1')]).toEqual([
    ...[true, false, false, false],
  ]);
});

/** A Slurm of scripts: each writes its name and arguments into a file before it prints. */
function fakeSlurm(programs: Record<string, string>): { slurm: Slurm; calls: () => string[]; remove: () => void } {
  const bin = fs.mkdtempSync(path.join(os.tmpdir(), 'fake-slurm-'));
  const log = path.join(bin, 'calls');
  for (const [name, body] of Object.entries(programs))
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\necho "${name} $*" >> '${log}'\n${body}\n`, { mode: 0o755 });
  return {
    slurm: new Slurm({ PATH: `${bin}:${process.env.PATH}` }),
    calls: () => fs.readFileSync(log, 'utf8').trim().split('\n'),
    remove: () => fs.rmSync(bin, { recursive: true }),
  };
}

describe.runIf(process.platform !== 'win32')('jobs that vanished with their nodes', () => {
  const ids = Array.from({ length: 300 }, (_, i) => String(i + 1));
  const names = new Set([...ids.map((id) => `t-${id}`), 't-busy']);
  const lines = (line: (id: string) => string): string => `cat <<'END'\n${ids.map(line).join('\n')}\nEND`;
  const squeue = `case "$*" in
*StartTime*) ${lines((id) => `${id} 1000 node${Number(id) % 3}`)}
;;
*exit_code*) ${lines((id) => `${id} 0`)}
;;
*) echo '999|t-busy|RUNNING|None|node9|p'
${lines((id) => `${id}|t-${id}|CANCELLED|None|node${Number(id) % 3}|p`)}
;; esac`;
  const sacct = 'echo "Slurm accounting storage is disabled" >&2; exit 1';

  it('are explained by two questions for all, and nobody is asked again', async () => {
    const nodes = ['NodeName=node0 BootTime=1100', 'NodeName=node1 BootTime=900', 'NodeName=node2 BootTime=1001'];
    const fake = fakeSlurm({ squeue, sacct, scontrol: `cat <<'END'\n${nodes.join('\n')}\nEND` });
    try {
      const asked = async (): Promise<unknown[]> => {
        const states = await fake.slurm.poll(names);
        return ['t-1', 't-2', 't-3', 't-300', 't-busy'].map((name) => {
          const state = states.get(name)!;
          return state.name === 'gone' ? state.how : state.name;
        });
      };
      const all = ['vanished', 'restarted', 'restarted', 'restarted', 'running'];
      // Where this machine is slow, the answer comes with a later question.
      await expect.poll(asked, { timeout: 60_000 }).toEqual(all);
      expect(await asked()).toEqual(all);
      expect(fake.calls().filter((call) => call.startsWith('scontrol'))).toEqual([
        'scontrol show node node1,node2,node0 --oneliner',
      ]);
      expect(fake.calls().filter((call) => call.includes('StartTime'))).toHaveLength(1);
    } finally {
      fake.remove();
    }
  }, 90_000);

  it('stay unexplained when Slurm refuses to answer, and hold up no other job while it takes its time', async () => {
    const refusing = fakeSlurm({ squeue, sacct, scontrol: 'echo "Access denied" >&2; exit 1' });
    const slow = fakeSlurm({ squeue, sacct, scontrol: 'exec sleep 40' });
    try {
      await expect
        .poll(async () => (await refusing.slurm.poll(names)).get('t-7'), { timeout: 60_000 })
        .toEqual({ name: 'gone', id: '7', how: 'vanished' });
      const states = await slow.slurm.poll(names);
      expect(states.get('t-busy')).toEqual({ name: 'running', id: '999', node: 'node9' });
      // Not yet gone: how a run ends depends on the answer.
      expect(states.get('t-7')).toMatchObject({ name: 'running', id: '7' });
    } finally {
      refusing.remove();
      slow.remove();
    }
  }, 90_000);
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
