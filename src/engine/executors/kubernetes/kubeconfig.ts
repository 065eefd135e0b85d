/**
 * Reads a person's kubeconfig: the files of `KUBECONFIG`, else `~/.kube/config`. The official client library needs a newer
 * Node than we support, and would be the largest part of the engine; of what it does, only this is needed.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { l10n } from '../../../format/l10n.js';

const text = z.string().optional();
const Cluster = z.object({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': text,
});
const Exec = z.object({
  apiVersion: z.string(),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});
const User = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  exec: Exec.optional(),
});
const Context = z.object({ cluster: z.string(), user: z.string().optional(), namespace: text });
const named = <T extends string>(key: T) => z.array(z.looseObject({ name: z.string(), [key]: z.unknown() })).nullish();
const File = z.looseObject({
  'current-context': z.string().nullish(),
  clusters: named('cluster'),
  users: named('user'),
  contexts: named('context'),
});

export interface Access {
  server: URL;
  namespace: string;
  ca: string | undefined;
  serverName: string | undefined;
  /** The person has said that the server's certificate is not to be checked. */
  isUnchecked: boolean;
  /** Resolves to how this person proves who they are; `again`: what was said before was refused. */
  credentials(again: boolean): Promise<Credentials>;
}

export interface Credentials {
  cert?: string | undefined;
  key?: string | undefined;
  /** Value of the header `Authorization`. */
  authorization?: string | undefined;
}

/** An `exec` plugin may have to open a browser. */
const EXEC_MS = 60_000;

/** Returns how to reach a context. Throws with a sentence for the person. */
export function readKubeconfig(env: NodeJS.ProcessEnv, wanted: string | undefined): Access {
  const files = kubeconfigFiles(env);
  const merged = files.map((file) => readFile(file)).filter((each) => each !== null);
  if (merged.length === 0)
    throw new Error(
      l10n.t('There is no kubeconfig ({0}). Log in to the cluster first: kubectl must work.', files.join(', ')),
    );
  const name = wanted ?? merged.map(({ config }) => config['current-context']).find((each) => each);
  if (!name)
    throw new Error(l10n.t('The kubeconfig has no current context. Choose one: kubectl config use-context NAME.'));
  const find = <T>(
    list: 'clusters' | 'users' | 'contexts',
    key: string,
    schema: z.ZodType<T>,
    which: string,
  ): [T, string] => {
    for (const { config, folder, file } of merged) {
      const entry = (config[list] ?? []).find((each) => each.name === which);
      if (!entry) continue;
      const parsed = schema.safeParse((entry as Record<string, unknown>)[key]);
      if (!parsed.success) throw new Error(l10n.t('{0}: the {1} "{2}" is not valid.', file, key, which));
      return [parsed.data, folder];
    }
    const known = merged.flatMap(({ config }) => (config[list] ?? []).map((each) => each.name));
    throw new Error(
      l10n.t(
        'The kubeconfig has no {0} "{1}"{2}.',
        key,
        which,
        known.length > 0 ? l10n.t(' (it has {0})', known.slice(0, 8).join(', ')) : '',
      ),
    );
  };
  const [context] = find('contexts', 'context', Context, name);
  const [cluster, at] = find('clusters', 'cluster', Cluster, context.cluster);
  const user = context.user === undefined ? null : find('users', 'user', User, context.user);
  return {
    server: new URL(cluster.server),
    namespace: context.namespace ?? 'default',
    ca: dataOr(cluster['certificate-authority-data'], cluster['certificate-authority'], at),
    serverName: cluster['tls-server-name'],
    isUnchecked: cluster['insecure-skip-tls-verify'] === true,
    credentials: credentialsOf(user, env),
  };
}

export function kubeconfigFiles(env: NodeJS.ProcessEnv): string[] {
  const given = (env.KUBECONFIG ?? '').split(path.delimiter).filter(Boolean);
  return given.length > 0 ? given : [path.join(env.HOME ?? os.homedir(), '.kube', 'config')];
}

function readFile(file: string) {
  let content: string;
  try {
    content = fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  const config = File.safeParse(parse(content));
  if (!config.success) throw new Error(l10n.t('{0} is not a kubeconfig.', file));
  return { config: config.data, file, folder: path.dirname(file) };
}

/** Data comes in base64; a file's path is relative to the kubeconfig that names it. */
function dataOr(data: string | undefined, file: string | undefined, folder: string): string | undefined {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  return file === undefined ? undefined : fs.readFileSync(path.resolve(folder, file), 'utf8');
}

function credentialsOf(found: [z.infer<typeof User>, string] | null, env: NodeJS.ProcessEnv): Access['credentials'] {
  if (!found) return () => Promise.resolve({});
  const [user, folder] = found;
  let kept: { at: number; until: number; value: Credentials } | null = null;
  return async (again) => {
    if (user.exec) {
      if (!kept || again || Date.now() >= kept.until) kept = await runExec(user.exec, folder, env);
      return kept.value;
    }
    const cert = dataOr(user['client-certificate-data'], user['client-certificate'], folder);
    const key = dataOr(user['client-key-data'], user['client-key'], folder);
    // Tokens in files are renewed by others.
    const token = user.tokenFile ? fs.readFileSync(path.resolve(folder, user.tokenFile), 'utf8').trim() : user.token;
    const basic = user.username === undefined ? undefined : `${user.username}:${user.password ?? ''}`;
    const authorization =
      token !== undefined
        ? `Bearer ${token}`
        : basic === undefined
          ? undefined
          : `Basic ${Buffer.from(basic).toString('base64')}`;
    return { cert, key, authorization };
  };
}

const ExecAnswer = z.object({
  status: z.object({
    token: text,
    clientCertificateData: text,
    clientKeyData: text,
    expirationTimestamp: text,
  }),
});

/** Runs the command that the person's own file names, as kubectl does. */
async function runExec(exec: z.infer<typeof Exec>, folder: string, env: NodeJS.ProcessEnv) {
  const info = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  const more = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  const program = exec.command.includes('/') ? path.resolve(folder, exec.command) : exec.command;
  const out = await new Promise<string>((resolve, reject) => {
    const options = {
      env: { ...env, ...more, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      timeout: EXEC_MS,
      maxBuffer: 1 << 20,
    };
    execFile(program, exec.args ?? [], options, (error, stdout, stderr) => {
      if (error)
        reject(
          new Error(
            l10n.t('{0} of the kubeconfig failed: {1}', exec.command, stderr.trim().slice(0, 500) || error.message),
          ),
        );
      else resolve(stdout);
    });
  });
  const answer = ExecAnswer.safeParse(parse(out));
  if (!answer.success) throw new Error(l10n.t('{0} of the kubeconfig printed no credentials.', exec.command));
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.data.status;
  const until = expirationTimestamp === undefined ? Infinity : Date.parse(expirationTimestamp);
  const value: Credentials = { cert, key, authorization: token === undefined ? undefined : `Bearer ${token}` };
  return { at: Date.now(), until, value };
}
