/**
 * A stand-in for an API server of Kubernetes: it answers as the published API says (batch/v1 Job, v1 Pod and ConfigMap,
 * Kueue's Workload and its visibility API) and keeps what it was sent. No real server can be had where the tests run.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

interface Stored {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: { suspend?: boolean };
  status?: unknown;
}

export interface Exchange {
  method: string;
  path: string;
  authorization: string | undefined;
  body: unknown;
}

export class KubernetesStandIn {
  readonly jobs = new Map<string, Stored>();
  readonly pods: unknown[] = [];
  readonly configMaps = new Set<string>();
  readonly exchanges: Exchange[] = [];
  /** Null: the cluster has no Kueue. */
  kueue: { workloads: unknown[]; pending: unknown[] } | null = null;
  /** Tokens that are accepted; null: any. */
  tokens: string[] | null = null;
  /** A refusal of every new job. */
  refusal: { code: number; message: string; reason: string } | null = null;
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { method = '', url = '' } = request;
      const { authorization } = request.headers;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      this.exchanges.push({ method, path: url, authorization, body });
      const [code, answer] = this.answer(method, new URL(url, 'http://x'), body as Stored, authorization);
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(method: string, url: URL, body: Stored, authorization: string | undefined): [number, unknown] {
    if (this.tokens && !this.tokens.includes(authorization?.replace('Bearer ', '') ?? ''))
      return refused(401, 'Unauthorized', 'Unauthorized');
    const path = url.pathname;
    const jobs = '/apis/batch/v1/namespaces/team/jobs';
    if (method === 'POST' && path === jobs) return this.create(this.jobs, body, 'jobs.batch');
    if (method === 'POST' && path === '/api/v1/namespaces/team/configmaps') {
      const { name } = body.metadata;
      if (this.configMaps.has(name)) return refused(409, `configmaps "${name}" already exists`, 'AlreadyExists');
      this.configMaps.add(name);
      return [201, body];
    }
    if (method === 'GET' && path === jobs) return [200, { kind: 'JobList', items: [...this.jobs.values()] }];
    if (method === 'GET' && path === '/api/v1/namespaces/team/pods')
      return [200, { kind: 'PodList', items: this.pods }];
    if (method === 'DELETE' && path.startsWith(`${jobs}/`)) {
      const name = path.slice(jobs.length + 1);
      if (!this.jobs.delete(name)) return refused(404, `jobs.batch "${name}" not found`, 'NotFound');
      return [200, { kind: 'Status', status: 'Success' }];
    }
    if (this.kueue && path === '/apis/kueue.x-k8s.io/v1beta1/namespaces/team/workloads')
      return [200, { items: this.kueue.workloads }];
    if (
      this.kueue &&
      path === '/apis/visibility.kueue.x-k8s.io/v1beta1/namespaces/team/localqueues/gpu/pendingworkloads'
    )
      return [200, { items: this.kueue.pending }];
    return refused(404, 'the server could not find the requested resource', 'NotFound');
  }

  private create(into: Map<string, Stored>, body: Stored, what: string): [number, unknown] {
    if (this.refusal) return refused(this.refusal.code, this.refusal.message, this.refusal.reason);
    const { name } = body.metadata;
    if (into.has(name)) return refused(409, `${what} "${name}" already exists`, 'AlreadyExists');
    into.set(name, { ...body, status: {} });
    return [201, body];
  }
}

function refused(code: number, message: string, reason: string): [number, unknown] {
  return [code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code }];
}
