/** Reads what the API server says of jobs, their pods and their places in Kueue's queues. */
import { z } from 'zod';
import { record } from '../../../protocol/values/recordSchema.js';
import type { JobEnd, JobState } from '../executor.js';
import { NAME_NOTE, QUEUE_LABEL } from './manifest.js';

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});
type Condition = z.infer<typeof Condition>;
const Conditions = z.array(Condition).nullish();
const Meta = z.looseObject({
  name: z.string(),
  labels: record(z.string()).nullish(),
  annotations: record(z.string()).nullish(),
  ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string() })).nullish(),
});
const Terminated = z.looseObject({ exitCode: z.number(), reason: z.string().optional() });
const ContainerStatus = z.looseObject({
  state: z
    .looseObject({
      waiting: z.looseObject({ reason: z.string().optional() }).optional(),
      terminated: Terminated.optional(),
    })
    .optional(),
});
const list = <T extends z.ZodType>(item: T) => z.looseObject({ items: z.array(item).nullish() });

export const JobList = list(
  z.looseObject({
    metadata: Meta,
    spec: z.looseObject({ suspend: z.boolean().optional() }),
    status: z.looseObject({ active: z.number().optional(), conditions: Conditions }).nullish(),
  }),
);
export type Job = NonNullable<z.infer<typeof JobList>['items']>[number];

export const PodList = list(
  z.looseObject({
    metadata: Meta,
    spec: z.looseObject({ nodeName: z.string().optional() }),
    status: z
      .looseObject({
        phase: z.string().optional(),
        reason: z.string().optional(),
        conditions: Conditions,
        containerStatuses: z.array(ContainerStatus).nullish(),
      })
      .nullish(),
  }),
);
export type Pod = NonNullable<z.infer<typeof PodList>['items']>[number];

export const WorkloadList = list(
  z.looseObject({ metadata: Meta, status: z.looseObject({ conditions: Conditions }).nullish() }),
);
export type Workload = NonNullable<z.infer<typeof WorkloadList>['items']>[number];

export const PendingList = list(
  z.looseObject({ metadata: Meta, positionInLocalQueue: z.number().int().min(0).optional() }),
);
export type Pending = NonNullable<z.infer<typeof PendingList>['items']>[number];

/** All that one look at the cluster has found. */
export interface Look {
  jobs: readonly Job[];
  pods: readonly Pod[];
  workloads: readonly Workload[];
  pending: readonly Pending[];
}

/** Returns the queues in which jobs of these names wait. */
export function queuesOf(jobs: readonly Job[], names: ReadonlySet<string>): string[] {
  const waiting = jobs.filter((job) => names.has(nameOf(job)) && job.spec.suspend === true);
  return [...new Set(waiting.flatMap(({ metadata }) => metadata.labels?.[QUEUE_LABEL] ?? []))];
}

/** Returns the states of the named jobs. */
export function readStates(look: Look, names: ReadonlySet<string>): Map<string, JobState> {
  const states = new Map<string, JobState>();
  for (const job of look.jobs) {
    const name = nameOf(job);
    if (names.has(name)) states.set(name, stateOf(job, look));
  }
  return states;
}

const nameOf = ({ metadata }: Job): string => metadata.annotations?.[NAME_NOTE] ?? metadata.name;
const isOf = (job: Job, { metadata }: { metadata: z.infer<typeof Meta> }): boolean =>
  (metadata.ownerReferences ?? []).some(({ kind, name }) => kind === 'Job' && name === job.metadata.name);
const holds = (conditions: Condition[] | null | undefined, type: string): Condition | undefined =>
  (conditions ?? []).find((each) => each.type === type && each.status === 'True');

function stateOf(job: Job, { pods, workloads, pending }: Look): JobState {
  const id = job.metadata.name;
  const conditions = job.status?.conditions;
  const own = pods.filter((pod) => isOf(job, pod));
  if (holds(conditions, 'Complete')) return { name: 'gone', id, how: 'ended' };
  const failed = holds(conditions, 'Failed') ?? holds(conditions, 'FailureTarget');
  if (failed) return { name: 'gone', id, how: endOf(failed, own) };
  if (job.spec.suspend === true) {
    const workload = workloads.find((each) => isOf(job, each));
    // It had begun and Kueue has taken its place away. The engine submits another launch.
    const evicted = holds(workload?.status?.conditions, 'Evicted');
    if (evicted) return { name: 'gone', id, how: 'preempted' };
    const waits = (workload?.status?.conditions ?? []).find(
      ({ type, status }) => type === 'QuotaReserved' && status === 'False',
    );
    const place = pending.find((each) => isOf(job, each))?.positionInLocalQueue;
    return {
      name: 'queued',
      id,
      reason: short(waits?.message ?? 'Suspended'),
      position: place === undefined ? null : place + 1,
    };
  }
  const running = own.find(({ status }) => status?.phase === 'Running');
  if (running) return { name: 'running', id, node: running.spec.nodeName ?? '' };
  return { name: 'queued', id, reason: short(reasonOf(own)), position: null };
}

function reasonOf(pods: Pod[]): string {
  for (const { status } of pods) {
    const waiting = status?.containerStatuses?.map(({ state }) => state?.waiting?.reason).find((each) => each);
    if (waiting) return waiting;
    const unscheduled = (status?.conditions ?? []).find(
      (each) => each.type === 'PodScheduled' && each.status === 'False',
    );
    if (unscheduled) return unscheduled.message ?? unscheduled.reason ?? 'Unschedulable';
  }
  return 'Pending';
}

/** Reasons of a pod's `DisruptionTarget`, and of its end. */
const DISRUPTIONS: Record<string, JobEnd> = {
  PreemptionByScheduler: 'preempted',
  EvictionByEvictionAPI: 'preempted',
  DeletionByTaintManager: 'node failed',
  DeletionByPodGC: 'node failed',
  TerminationByKubelet: 'node failed',
  Evicted: 'node failed',
  NodeLost: 'node failed',
  Shutdown: 'node failed',
  Terminated: 'node failed',
};

function endOf(failed: Condition, pods: Pod[]): JobEnd {
  if (failed.reason === 'DeadlineExceeded') return 'timeout';
  for (const { status } of pods) {
    const ends = (status?.containerStatuses ?? []).map(({ state }) => state?.terminated?.reason);
    if (ends.includes('OOMKilled')) return 'out of memory';
    for (const reason of [holds(status?.conditions, 'DisruptionTarget')?.reason, status?.reason])
      if (reason !== undefined && Object.hasOwn(DISRUPTIONS, reason)) return DISRUPTIONS[reason]!;
  }
  return 'failed';
}

/** One line for a column. */
function short(message: string): string {
  const line = message.split('\n')[0]!.replaceAll(/[()]/g, '').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
