/** Kubernetes through the REST API of its server: a Job for each launch, queued by Kueue if the file names a queue. */
import * as fs from 'node:fs';
import type { ClusterNeed } from '../../../protocol/run/cluster.js';
import { SubmitRefused, type Executor, type JobRequest, type JobState } from '../executor.js';
import { ApiError, KubernetesApi, type Api } from './api.js';
import { isInside, jobManifest, kubernetesName, MANAGED, toolsManifest, toolsName, volumePath } from './manifest.js';
import { JobList, PendingList, PodList, queuesOf, readStates, WorkloadList } from './states.js';
import { l10n } from '../../../format/l10n.js';

/** Bytes that a ConfigMap can have; the rest is for its base64 and its other parts. */
const LARGEST_TOOLS = 750_000;
/** Answers after which the same request is refused again. */
const FINAL = new Set([400, 403, 404, 405, 413, 422]);
const EXISTS = 409;
const GONE = 404;
const OURS = `labelSelector=${encodeURIComponent(
  Object.entries(MANAGED)
    .map((pair) => pair.join('='))
    .join(','),
)}`;

export class Kubernetes implements Executor {
  readonly title = 'Kubernetes';
  private readonly tools = new Set<string>();
  /** False once the cluster has said that it has no Kueue, or shows it to nobody. */
  private hasKueue = true;

  constructor(private readonly api: Api) {}

  static of({ kubernetes = {} }: ClusterNeed, env: NodeJS.ProcessEnv): Kubernetes {
    return new Kubernetes(new KubernetesApi(env, kubernetes.context, kubernetes.namespace));
  }

  async submit(request: JobRequest): Promise<string> {
    try {
      const tools = await this.carryTools(request);
      await this.api.request('POST', this.at('/apis/batch/v1', 'jobs'), jobManifest(request, tools));
    } catch (error) {
      if (error instanceof ApiError && FINAL.has(error.status)) throw new SubmitRefused(error.message);
      // It was heard the first time.
      if (!(error instanceof ApiError && error.status === EXISTS)) throw error;
    }
    return kubernetesName(request.name);
  }

  async poll(names: ReadonlySet<string>): Promise<Map<string, JobState>> {
    const jobs =
      JobList.parse(await this.api.request('GET', `${this.at('/apis/batch/v1', 'jobs')}?${OURS}`)).items ?? [];
    const pods = PodList.parse(await this.api.request('GET', `${this.at('/api/v1', 'pods')}?${OURS}`)).items ?? [];
    const kueue = await this.askKueue(queuesOf(jobs, names));
    return readStates({ jobs, pods, ...kueue }, names);
  }

  async cancel(id: string): Promise<void> {
    try {
      const path = `${this.at('/apis/batch/v1', 'jobs')}/${encodeURIComponent(id)}`;
      await this.api.request('DELETE', `${path}?propagationPolicy=Background`);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === GONE)) throw error;
    }
  }

  private at(group: string, what: string): string {
    return `${group}/namespaces/${encodeURIComponent(this.api.namespace)}/${what}`;
  }

  /** Resolves to the name of the ConfigMap that brings our supervisor; null: the pods see it on the volume. */
  private async carryTools({ argv, need }: JobRequest): Promise<string | null> {
    const file = argv[1]!;
    if (isInside(volumePath(need.kubernetes ?? {}), file)) return null;
    const supervisor = fs.readFileSync(file);
    if (supervisor.length > LARGEST_TOOLS)
      throw new SubmitRefused(l10n.t('{0} must be on the volume: it is too large to be sent.', file));
    const name = toolsName(supervisor);
    if (this.tools.has(name)) return name;
    try {
      await this.api.request('POST', this.at('/api/v1', 'configmaps'), toolsManifest(supervisor));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === EXISTS)) throw error;
    }
    this.tools.add(name);
    return name;
  }

  /** Places and reasons of jobs that wait for Kueue; without it, nothing. */
  private async askKueue(queues: string[]) {
    const none = { workloads: [], pending: [] };
    if (!this.hasKueue || queues.length === 0) return none;
    try {
      const { items: workloads } = WorkloadList.parse(
        await this.api.request('GET', this.at('/apis/kueue.x-k8s.io/v1beta1', 'workloads')),
      );
      return { workloads: workloads ?? [], pending: await this.askPlaces(queues) };
    } catch (error) {
      if (!(error instanceof ApiError) || !FINAL.has(error.status)) throw error;
      this.hasKueue = false;
      return none;
    }
  }

  private async askPlaces(queues: string[]) {
    const found = [];
    for (const queue of queues) {
      const path = `localqueues/${encodeURIComponent(queue)}/pendingworkloads`;
      try {
        const answer = await this.api.request('GET', this.at('/apis/visibility.kueue.x-k8s.io/v1beta1', path));
        found.push(...(PendingList.parse(answer).items ?? []));
      } catch (error) {
        // Not every cluster shows the queue to its users.
        if (!(error instanceof ApiError)) throw error;
      }
    }
    return found;
  }
}
