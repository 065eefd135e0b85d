/** Ray through the REST interface of its Jobs API. The job's submission id is its name, so the head is asked for it by that. */
import * as fs from 'node:fs';
import { z } from 'zod';
import type { RayPlace } from '../../../protocol/run/cluster.js';
import { SubmitRefused, type Executor, type JobEnd, type JobRequest, type JobState } from '../executor.js';
import { quoted } from '../shell.js';
import { request } from './http.js';
import { l10n } from '../../../format/l10n.js';

/** Bytes of the job's output that are kept when its supervisor did not begin. */
const LARGEST_LOG = 64 * 1024;
/** Jobs that are asked for at the same time. */
const AT_ONCE = 8;

const Details = z.object({
  status: z.enum(['PENDING', 'RUNNING', 'STOPPED', 'SUCCEEDED', 'FAILED']),
  message: z.string().nullish(),
  error_type: z.string().nullish(),
  driver_node_id: z.string().nullish(),
  /** The agent of the node that it works on. */
  driver_agent_http_address: z.string().nullish(),
});
type Details = z.infer<typeof Details>;

const ENDS: Partial<Record<Details['status'], JobEnd>> = {
  STOPPED: 'cancelled',
  SUCCEEDED: 'ended',
  FAILED: 'failed',
};

/** Answers of the head other than success. */
class RayError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class Ray implements Executor {
  readonly title = 'Ray';
  /** Files for the output of jobs, by name. */
  private readonly outputs = new Map<string, string>();

  constructor(private readonly place: RayPlace) {}

  note({ name, output }: JobRequest): void {
    this.outputs.set(name, output);
  }

  async submit(job: JobRequest): Promise<string> {
    const { name, need } = job;
    this.note(job);
    const body = {
      submission_id: name,
      entrypoint: entrypointOf(job),
      runtime_env: runtimeEnvOf(need.ray ?? this.place, job),
      metadata: { tunesmith_run: job.spec.id, tunesmith_experiment: job.spec.experiment },
      ...(need.cpus !== undefined && { entrypoint_num_cpus: need.cpus }),
      ...(need.gpus !== undefined && { entrypoint_num_gpus: need.gpus }),
      ...(need.memory !== undefined && { entrypoint_memory: need.memory * 2 ** 20 }),
    };
    try {
      await this.ask('POST', '/api/jobs/', body);
    } catch (error) {
      if (!(error instanceof RayError)) throw error;
      // It has the job already: an earlier request was heard whose answer was not.
      if ((await this.details(name)) !== null) return name;
      if (error.status >= 400 && error.status < 500) throw new SubmitRefused(error.message);
      throw error;
    }
    return name;
  }

  async poll(names: ReadonlySet<string>): Promise<Map<string, JobState>> {
    const states = new Map<string, JobState>();
    const all = [...names];
    let position = 0;
    for (let from = 0; from < all.length; from += AT_ONCE) {
      const part = all.slice(from, from + AT_ONCE);
      const found = await Promise.all(part.map((name) => this.details(name)));
      for (const [index, name] of part.entries()) {
        const details = found[index];
        if (!details) continue;
        if (details.status === 'PENDING') position++;
        states.set(name, stateOf(name, details, position));
        if (details.status === 'FAILED') await this.keepOutput(name, details.message ?? '');
      }
    }
    return states;
  }

  async cancel(id: string): Promise<void> {
    await this.ask('POST', `/api/jobs/${encodeURIComponent(id)}/stop`);
  }

  /** Returns Ray's version. */
  async version(): Promise<string> {
    const answer = z.object({ ray_version: z.string().max(50) }).safeParse(await this.ask('GET', '/api/version'));
    if (!answer.success) throw new Error(l10n.t('{0} is not the dashboard of a Ray cluster', this.place.address));
    return answer.data.ray_version;
  }

  /** Null: the head has never heard of it, or has forgotten it. */
  private async details(name: string): Promise<Details | null> {
    try {
      return Details.parse(await this.ask('GET', `/api/jobs/${encodeURIComponent(name)}`));
    } catch (error) {
      if (error instanceof RayError && error.status === 404) return null;
      throw error;
    }
  }

  /** The reason why a job never began is only in the head's message and in what the job has printed. */
  private async keepOutput(name: string, message: string): Promise<void> {
    const file = this.outputs.get(name);
    if (file === undefined || fs.existsSync(file)) return;
    let logs = '';
    try {
      const answer = await this.ask('GET', `/api/jobs/${encodeURIComponent(name)}/logs`);
      logs = z.object({ logs: z.string() }).parse(answer).logs;
    } catch {
      // The head has none, or has lost them.
    }
    try {
      const text = `${logs.slice(-LARGEST_LOG)}\n${message.slice(-LARGEST_LOG)}\n`;
      fs.writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    } catch {
      // A full disk, or a folder that is gone: the run's end says less.
    }
  }

  private async ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const { address } = this.place;
    let answer: { status: number; text: string };
    try {
      answer = await request(method, `${address}${path}`, body === undefined ? null : JSON.stringify(body));
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      throw new Error(l10n.t('{0} does not answer ({1})', address, code ?? message), { cause: error });
    }
    const { status, text } = answer;
    if (status < 200 || status > 299)
      throw new RayError(status, wordsOf(text) || l10n.t('Ray answered with {0}', status));
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new Error(l10n.t('{0} answered with something that is not JSON', address));
    }
  }
}

function stateOf(id: string, details: Details, position: number): JobState {
  const { status, message } = details;
  const how = ENDS[status];
  if (how) return { name: 'gone', id, how };
  const { driver_agent_http_address: agent, driver_node_id: node } = details;
  if (status === 'RUNNING') {
    const host = agent && URL.canParse(agent) ? new URL(agent).hostname : node?.slice(0, 12);
    return { name: 'running', id, node: host ?? '' };
  }
  return { name: 'queued', id, reason: oneLine(message ?? '') || 'Pending', position };
}

/** Ray gives it to a shell on one of its nodes. */
function entrypointOf({ argv, output }: JobRequest): string {
  return `exec ${argv.map(quoted).join(' ')} >> ${quoted(output)} 2>&1`;
}

/**
 * The person's environment is not sent: Ray's dashboard shows it to everybody who can reach it. A working folder would be copied to
 * the nodes, where the run's records would stay.
 */
function runtimeEnvOf({ runtimeEnv = {} }: RayPlace, { env }: JobRequest): Record<string, unknown> {
  const { working_dir: _, env_vars: given, ...rest } = runtimeEnv;
  const own = Object.entries(env).filter(([name, value]) => value !== undefined && OURS.test(name));
  const variables = typeof given === 'object' && given !== null ? given : {};
  return { ...rest, env_vars: { ...variables, ...Object.fromEntries(own) } };
}

const OURS = /^(TUNESMITH_(RUN_JOB|CAPTURE|FSYNC_SECONDS|LEASE_SECONDS|PYTHON_DIR)|ELECTRON_RUN_AS_NODE)$/;

/** Ray's errors are tracebacks; the last line says what is wrong. */
function wordsOf(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return (lines.findLast((line) => /^[\w.]*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? '').slice(0, 500);
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
