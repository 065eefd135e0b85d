/** Slurm through its own programs: sbatch, squeue, scancel, and sacct if it answers. */
import { spawn } from 'node:child_process';
import { SubmitRefused, type Executor, type JobRequest, type JobState } from '../executor.js';
import { jobScript, sbatchArguments, submitEnvironment } from './script.js';
import {
  BEGUN_FORMAT,
  cancelledIn,
  EXITS_FORMAT,
  readDaemons,
  readExits,
  readSacct,
  readSqueue,
  SACCT_FORMAT,
  SQUEUE_FORMAT,
} from './states.js';
import { Reboots } from './reboots.js';
import { l10n } from '../../../format/l10n.js';

/** slurmctld may be slow for minutes; longer, and the question is asked again later. */
const TIMEOUT_MS = 60_000;
/** Most of what a program prints that is read. */
const MOST = 16 << 20;
/** Words of errors that pass. A limit of the jobs that a person may have in the queue does, as jobs end. */
const PASSING =
  /contact slurm controller|timed out|temporarily|try again|connection refused|communication|MaxSubmit\w*Limit/i;

class ProgramError extends Error {}

export class Slurm implements Executor {
  readonly title = 'Slurm';
  /** False once it has said that it keeps no accounts. */
  private accounts = true;
  /** Users of its programs; null: it has not said. */
  private daemons: ReadonlySet<number> | null = null;

  private readonly reboots = new Reboots();

  constructor(private readonly env: NodeJS.ProcessEnv = process.env) {}

  async submit(request: JobRequest): Promise<string> {
    const env = submitEnvironment(request.env);
    try {
      const out = await run('sbatch', sbatchArguments(request), env, jobScript(request));
      // With --parsable: the id, and the cluster's name if there are several.
      const id = /^(\d+)(;|$)/m.exec(out.trim())?.[1];
      if (id === undefined) throw new Error(l10n.t('sbatch answered {0}', JSON.stringify(out.slice(0, 200))));
      return id;
    } catch (error) {
      if (error instanceof ProgramError && !PASSING.test(error.message)) throw new SubmitRefused(error.message);
      throw error;
    }
  }

  async poll(names: ReadonlySet<string>): Promise<Map<string, JobState>> {
    const env = submitEnvironment(this.env);
    const all = await run('squeue', ['--noheader', '--me', '--states=all', `--format=${SQUEUE_FORMAT}`], env);
    const exits = await this.exits(cancelledIn(all, names), env);
    let states = readSqueue(all, names, { exits });
    const isWaiting = [...states.values()].some(({ name }) => name === 'queued');
    if (isWaiting) {
      const order = ['--noheader', '--states=PENDING', '--sort=-p,i', '--format=%i'];
      const waiting = (await run('squeue', order, env)).split('\n').map((id) => id.trim());
      states = readSqueue(all, names, { waiting, exits });
    }
    const isKnown = (state: JobState | undefined): boolean =>
      state !== undefined && !(state.name === 'gone' && state.how === 'vanished');
    const missing = new Set([...names].filter((name) => !isKnown(states.get(name))));
    for (const [name, state] of await this.accounted(missing, env)) states.set(name, state);
    await this.explain(states, env);
    return states;
  }

  async cancel(id: string): Promise<void> {
    await run('scancel', [id], submitEnvironment(this.env));
  }

  /** A job is cancelled rarely, so this question is rare as well. */
  private async exits(ids: readonly string[], env: NodeJS.ProcessEnv): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const query = ['--noheader', '--states=all', `--jobs=${ids.join(',')}`, `--Format=${EXITS_FORMAT}`];
    return readExits(await run('squeue', query, env));
  }

  /** Tells of jobs that have vanished whether their node was booted. Until Slurm has answered, they count as running. */
  private async explain(states: Map<string, JobState>, env: NodeJS.ProcessEnv): Promise<void> {
    const vanished = [...states].flatMap(([name, state]) =>
      state.name === 'gone' && state.how === 'vanished' && state.id !== null ? [{ name, id: state.id }] : [],
    );
    const inSeconds = { ...env, SLURM_TIME_FORMAT: '%s' };
    const rebooted = await this.reboots.of(
      vanished.map(({ id }) => id),
      {
        jobs: () => run('squeue', ['--noheader', '--me', '--states=all', `--Format=${BEGUN_FORMAT}`], inSeconds),
        nodes: (names) => run('scontrol', ['show', 'node', names.join(','), '--oneliner'], inSeconds),
      },
    );
    for (const { name, id } of vanished) {
      const answer = rebooted.get(id);
      if (answer === undefined) states.set(name, { name: 'running', id, node: '' });
      else if (answer === true) states.set(name, { name: 'gone', id, how: 'restarted' });
    }
  }

  private async accounted(names: ReadonlySet<string>, env: NodeJS.ProcessEnv): Promise<Map<string, JobState>> {
    if (names.size === 0 || !this.accounts) return new Map();
    try {
      const query = ['--noheader', '--parsable2', '--allocations', `--format=${SACCT_FORMAT}`];
      const text = await run('sacct', [...query, `--name=${[...names].join(',')}`], env);
      // Needed only to tell an administrator from a daemon.
      if (text.includes('CANCELLED by')) await this.readDaemons(env);
      return readSacct(text, names, { own: process.getuid?.(), daemons: this.daemons });
    } catch (error) {
      // Many clusters have no accounting; one that is only slow answers the next time.
      if (error instanceof ProgramError && !PASSING.test(error.message)) this.accounts = false;
      return new Map();
    }
  }

  private async readDaemons(env: NodeJS.ProcessEnv): Promise<void> {
    try {
      this.daemons ??= readDaemons(await run('scontrol', ['show', 'config'], env));
    } catch {
      // It answers the next time that it is needed, or never; then no number but the own one is a person's.
    }
  }
}

/** Resolves to what the program printed. Rejects with ProgramError and its own words when it failed. */
export function run(program: string, args: string[], env: NodeJS.ProcessEnv, input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, timeout: TIMEOUT_MS, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let words = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out = (out + text).slice(0, MOST)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(0, 4000)));
    child.on('error', (error) => reject(new ProgramError(l10n.t("{0} can't be started: {1}", program, error.message))));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const said =
        words.trim() || (signal ? l10n.t('{0} timed out', program) : l10n.t('{0} ended with {1}', program, code));
      reject(new ProgramError(said));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
