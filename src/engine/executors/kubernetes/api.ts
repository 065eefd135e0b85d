/** Requests to the API server of a Kubernetes cluster. */
import * as http from 'node:http';
import * as https from 'node:https';
import { readKubeconfig, type Access } from './kubeconfig.js';
import { l10n } from '../../../format/l10n.js';

const TIMEOUT_MS = 60_000;
/** Bytes of an answer that are read. */
const MOST = 64 << 20;
const UNAUTHORIZED = 401;

/** The API server refused; the message is its own words. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    /** Code of the refusal, such as `AlreadyExists`. */
    readonly reason: string,
  ) {
    super(message);
  }
}

export interface Api {
  /** Namespace of the jobs. */
  readonly namespace: string;
  /** `path` begins with a slash. Throws ApiError when the server refuses. */
  request(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
}

/** The kubeconfig is read again when the credentials don't work any more. */
export class KubernetesApi implements Api {
  private access: Access | null = null;

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly context: string | undefined,
    private readonly wanted: string | undefined,
  ) {}

  get namespace(): string {
    return this.wanted ?? this.reach().namespace;
  }

  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    try {
      return await this.once(method, path, body, false);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== UNAUTHORIZED) throw error;
      this.access = null;
      return this.once(method, path, body, true);
    }
  }

  private reach(): Access {
    this.access ??= readKubeconfig(this.env, this.context);
    return this.access;
  }

  private async once(method: string, path: string, body: unknown, again: boolean): Promise<unknown> {
    const access = this.reach();
    const { cert, key, authorization } = await access.credentials(again);
    const { server } = access;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const options: https.RequestOptions = {
      method,
      timeout: TIMEOUT_MS,
      headers: {
        accept: 'application/json',
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        ...(authorization !== undefined && { authorization }),
      },
      ...(access.ca !== undefined && { ca: access.ca }),
      ...(access.serverName !== undefined && { servername: access.serverName }),
      ...(access.isUnchecked && { rejectUnauthorized: false }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    };
    // A server may lie below a path, behind a gateway.
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
    return send(url, options, text);
  }
}

function send(url: URL, options: https.RequestOptions, body: string | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new Error(l10n.t('{0} does not answer: {1}', url.host, error.message)));
    const request = (url.protocol === 'http:' ? http : https).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST) request.destroy(new Error(l10n.t('it answers with too much')));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        const answer = parsed(Buffer.concat(chunks).toString('utf8'));
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) return resolve(answer);
        const { message, reason } = (answer ?? {}) as { message?: unknown; reason?: unknown };
        const words = typeof message === 'string' ? message : l10n.t('{0} answered with status {1}', url.host, status);
        reject(new ApiError(words, status, typeof reason === 'string' ? reason : ''));
      });
    });
    request.on('timeout', () => request.destroy(new Error(l10n.t('no answer within {0} s', TIMEOUT_MS / 1000))));
    request.on('error', fail);
    request.end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
