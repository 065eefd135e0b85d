/** Derives a run's final status, and the reason for a failure as text, from the evidence of its end. Pure. */
import { stripVTControlCharacters } from 'node:util';
import type { RunError, RunStatus } from '../../../protocol/engine/index.js';
import type { StopReason } from '../../../protocol/run/supervisor.js';
import { inEnglish, said } from '../../../format/said.js';
import { entryOf } from '../../../protocol/values/records.js';
import type { Said } from '../../../protocol/said.js';
import type { JobEnd } from '../../executors/executor.js';

export type FinalStatus = Extract<RunStatus, 'completed' | 'failed' | 'stopped' | 'pruned'>;
/** `paused`: its program is gone, and it may be launched again. */
export type EndStatus = FinalStatus | 'paused';

export interface Ending {
  /** The supervisor's exit record; null if it vanished without writing one. */
  exit: {
    code: number | null;
    signal: string | null;
    requested: StopReason | null;
    error?: string;
    interrupted?: 'warning' | 'end';
  } | null;
  /** The script's own final record, if there is one. */
  finish: { status: EndStatus; error?: string | Said; time: number } | null;
  /** Final status that the engine has recorded itself, after it ended the run whose program was gone. */
  closed?: FinalStatus;
  /** The end that an engine assumed and wrote down, because no supervisor had recorded one. */
  assumed?: { kind: 'lost' | 'not-started'; message: string };
  /** Its last message with level error. */
  lastError: string | Said | null;
  /** End of its output. */
  logTail: string;
  /** Name of the run's host, if that is another one that gives no sign of life any more. */
  elsewhere?: string;
  /** The run's job on a cluster, and how it ended as far as the cluster knows. */
  job?: JobOutcome;
  /** True if the kernel killed a process for memory during the run. */
  memoryKill: boolean;
}

export interface JobOutcome {
  /** The kind of cluster: `Slurm`. */
  title: string;
  id: string | null;
  /** Null: the cluster no longer knows. */
  how: JobEnd | null;
  /** True if its supervisor had started. */
  began: boolean;
  /** The cluster's message if it rejects the job. */
  refused?: string;
}

export interface Outcome {
  status: EndStatus;
  error: RunError | null;
}

export const REQUESTED = { stop: 'stopped', prune: 'pruned', pause: 'paused' } as const;

/** `asked`: what the engine has asked the program for, as far as it knows. */
export function outcomeOf(ending: Ending, asked: StopReason | null = null): Outcome {
  const outcome = ending.closed ? { status: ending.closed, error: null } : outcomeOfProgram(ending);
  if (asked === null || outcome.status === 'completed') return outcome;
  // The run was asked to pause, and then to stop before it had paused.
  if (outcome.status === 'paused' && asked !== 'pause') return { status: REQUESTED[asked], error: null };
  // The supervisor recorded no request, but the run was asked to stop, and did.
  const isUnknown = outcome.status === 'stopped' || outcome.error?.kind === 'lost' || ending.job !== undefined;
  const vanished = ending.exit === null && isUnknown && ending.job?.refused === undefined;
  return vanished ? { status: REQUESTED[asked], error: null } : outcome;
}

function outcomeOfProgram(ending: Ending): Outcome {
  const { exit, finish } = ending;
  if (exit?.error !== undefined) return failed(ending, 'not-started', exit.error);
  if (!exit) {
    if (finish && finish.status !== 'failed') return { status: finish.status, error: null };
    if (finish) return failed(ending, 'script', finish.error ?? said('The program reported that it failed.'));
    if (ending.assumed) return failed(ending, ending.assumed.kind, ending.assumed.message);
    if (ending.job) return outcomeOfJob(ending, ending.job);
    if (ending.elsewhere !== undefined) {
      const message = said(
        'Nothing was heard from the program on {0} for minutes, and its end was not recorded. What it logs later still counts. Run it again to repeat it.',
        ending.elsewhere,
      );
      return failed(ending, 'lost', message);
    }
    return failed(
      ending,
      'lost',
      said(
        'The program ended while nobody watched it, so its exit code is not known (the machine was restarted, or both the program and its supervisor were killed). What it had logged until then is kept. Run it again to repeat it.',
      ),
    );
  }
  const clean = exit.code === 0;
  if (exit.interrupted && ending.job && finish?.status !== 'completed') return outcomeOfJob(ending, ending.job);
  // The program ended after a request. If it had just finished by itself, it keeps that result.
  if (exit.requested && !(clean && finish?.status === 'completed')) {
    return { status: REQUESTED[exit.requested], error: null };
  }
  if (finish?.status === 'failed') return failedBy(ending, finish.error);
  if (finish && (clean || (finish.status === 'completed' && exit.signal) || finish.status !== 'completed')) {
    // A crash while native libraries are unloaded does not void a training that has reported its end.
    return { status: finish.status, error: null };
  }
  if (clean) return { status: 'completed', error: null };
  return failedBy(ending, undefined);
}

/** Returns the outcome of a job that its cluster ended, or about which nothing else is known. */
function outcomeOfJob(ending: Ending, { title, id, how, began, refused }: JobOutcome): Outcome {
  if (refused !== undefined) return failed(ending, 'not-started', said('{0} rejected the job: {1}', title, refused));
  const job = `${title} job${id === null ? '' : ` ${id}`}`;
  switch (how) {
    case 'cancelled':
      return { status: 'stopped', error: null };
    case 'vanished':
    case 'restarted':
      // Its supervisor was told to end: by a person, unless it is known that the node was restarted in good order.
      if (how === 'vanished' && ending.exit?.interrupted) return { status: 'stopped', error: null };
      return failed(
        ending,
        'lost',
        said('The {0} is gone: its node or the cluster’s own programs were restarted.', job),
      );
    case 'preempted':
      return failed(ending, 'preempted', said('The {0} was preempted.', job));
    case 'timeout':
      return failed(ending, 'preempted', said('The {0} reached its time limit.', job));
    case 'node failed':
      return failed(ending, 'lost', said('The node of the {0} failed.', job));
    case 'out of memory':
      return failed(
        ending,
        'out-of-memory',
        said('Out of memory: the {0} used more than it may. Raise resources.memory.', job),
      );
  }
  if (ending.exit?.interrupted)
    return failed(
      ending,
      'preempted',
      ending.exit.interrupted === 'warning'
        ? said('The {0} was warned of its time limit.', job)
        : said('The {0} was ended.', job),
    );
  if (began) return failed(ending, 'lost', said('The {0} has ended, and the program’s end was not recorded.', job));
  const line = lastWords(ending.logTail);
  if (how === null && !line)
    return failed(
      ending,
      'lost',
      said('The {0} is gone, and nothing shows that it began: the cluster has forgotten it.', job),
    );
  const message = line
    ? said('The {0} ended before the program began: {1}', job, line)
    : said('The {0} ended before the program began.', job);
  return failed(ending, 'not-started', message);
}

function failedBy(ending: Ending, own: string | Said | undefined): Outcome {
  const exit = ending.exit!;
  const words = own ?? ending.lastError ?? undefined;
  const memory = outOfMemory(`${ending.logTail}\n${typeof words === 'object' ? inEnglish(words) : (words ?? '')}`);
  if (memory) return failed(ending, 'out-of-memory', memory);
  if ((exit.signal === 'SIGKILL' || exit.code === 137) && ending.memoryKill) {
    return failed(
      ending,
      'out-of-memory',
      said('Out of memory: the system killed the program because the machine’s memory ran out.'),
    );
  }
  if (words !== undefined) return failed(ending, 'script', words);
  if (exit.signal)
    return failed(
      ending,
      'signal',
      entryOf(BY_SIGNAL, exit.signal) ?? said('The program was ended by {0}.', exit.signal),
    );
  const [line, code] = [lastWords(ending.logTail), String(exit.code)];
  const message = line
    ? said('The program ended with exit code {0}: {1}', code, line)
    : said('The program ended with exit code {0}.', code);
  return failed(ending, 'exit', message);
}

const BY_SIGNAL: Record<string, Said> = {
  SIGKILL: said('The program was ended by SIGKILL (killed from outside, often by the system because memory ran out).'),
  SIGSEGV: said('The program was ended by SIGSEGV (it crashed in native code).'),
  SIGABRT: said('The program was ended by SIGABRT (it aborted itself, usually in native code).'),
  SIGBUS: said('The program was ended by SIGBUS (it crashed in native code, or shared memory or the disk was full).'),
  SIGILL: said('The program was ended by SIGILL (a library was built for another processor).'),
};

/** `message`: the program's own words, or a text of ours. */
function failed(ending: Ending, kind: RunError['kind'], message: string | Said): Outcome {
  if (typeof message !== 'string') {
    const text = inEnglish(message);
    const isWhole = text.length <= MESSAGE_LIMIT;
    const outcome = failed(ending, kind, text);
    return isWhole ? { ...outcome, error: { ...outcome.error!, said: message } } : outcome;
  }
  const short = message.length > MESSAGE_LIMIT ? `${message.slice(0, MESSAGE_LIMIT)}…` : message;
  return { status: 'failed', error: { kind, message: short, logTail: ending.logTail } };
}

/** Maximum length of a message in characters. A script may print anything, and the log has all of it. */
const MESSAGE_LIMIT = 600;

const GPU_MEMORY =
  /CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|OutOfMemoryError: (CUDA|HIP)|HIP out of memory|CUBLAS_STATUS_ALLOC_FAILED|MPS backend out of memory|OOM when allocating tensor.*GPU/;
const HOST_MEMORY =
  /^MemoryError\b|\bMemoryError:|numpy.*_ArrayMemoryError|std::bad_alloc|JavaScript heap out of memory|ResourceExhausted(Error)?\b|RESOURCE_EXHAUSTED|OOM when allocating|Cannot allocate memory|DefaultCPUAllocator: can't allocate|Array buffer allocation failed|java\.lang\.OutOfMemoryError/m;

/** Returns a sentence that says which memory ran out; null if the text does not mention it. */
export function outOfMemory(text: string): Said | null {
  const gpu = lineOf(text, GPU_MEMORY);
  if (gpu)
    return said('Out of GPU memory: {0} Make the batch or the network smaller, or let fewer runs share a GPU.', gpu);
  const host = lineOf(text, HOST_MEMORY);
  return host ? said('Out of memory: {0} Make the batch or the network smaller, or run fewer at once.', host) : null;
}

function lineOf(text: string, pattern: RegExp): string | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const start = text.lastIndexOf('\n', match.index) + 1;
  const end = text.indexOf('\n', match.index);
  const line = text
    .slice(start, end < 0 ? undefined : end)
    .trim()
    .slice(0, 300);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** Returns the last printed line with content: in Python and Node, that is the exception's message. */
export function lastWords(logTail: string): string {
  const lines = logTail.split('\n').map((line) => line.trim());
  const exception = lines.findLast((line) =>
    /^([A-Za-z_][\w.]*(Error|Exception|Interrupt)|panic|fatal|error)\b.*/i.test(line),
  );
  const last = lines.findLast((line) => /\w/.test(line) && !/^(Node\.js v\d|at |\^)/.test(line));
  return (exception ?? last ?? '').slice(0, 500);
}

/** Returns the text without terminal colors and other control sequences, which have no place in a message. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (c) => (c === '\r' ? '\n' : ''));
}
