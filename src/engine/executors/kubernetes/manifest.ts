/** From a run's need to the Job of Kubernetes. */
import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { KubernetesNeed } from '../../../protocol/run/cluster.js';
import { RUN_ENV } from '../../../protocol/run/runFiles.js';
import { SubmitRefused, type JobRequest } from '../executor.js';
import { l10n } from '../../../format/l10n.js';

/** Label of all that is ours. */
export const MANAGED = { 'app.kubernetes.io/managed-by': 'tunesmith' } as const;
/** Annotation with the job's name as the engine knows it. */
export const NAME_NOTE = 'tunesmith/name';
export const QUEUE_LABEL = 'kueue.x-k8s.io/queue-name';

/** Seconds between the program's grace period and the end by force, for the supervisor's last records. */
const LAST_WORDS = 30;
/** Seconds for which an ended job stays, so that a person can look at it. */
const KEPT_SECONDS = 3600;
const LONGEST_NAME = 52;
/** Folder of the pod with the supervisor, if it is on no volume. */
const TOOLS = '/tunesmith';
/** Variables of the person that concern the recording; the others are this machine's own. */
const PASSED = [RUN_ENV.capture, RUN_ENV.fsync, 'TUNESMITH_LEASE_SECONDS'] as const;

/** Returns a name that Kubernetes allows: it stays as it is if it can. */
export function kubernetesName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  if (plain === name && name.length <= LONGEST_NAME) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 10);
  return `${plain.slice(0, LONGEST_NAME - digest.length - 1).replace(/-+$/, '')}-${digest}`;
}

/** Returns the name of the ConfigMap with this supervisor. */
export const toolsName = (supervisor: Buffer): string =>
  `tunesmith-${createHash('sha256').update(supervisor).digest('hex').slice(0, 16)}`;

export function toolsManifest(supervisor: Buffer): unknown {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: toolsName(supervisor), labels: MANAGED },
    immutable: true,
    binaryData: { 'supervisor.cjs': supervisor.toString('base64') },
  };
}

/** Returns the path at which this machine and the pods see the volume. */
export const volumePath = ({ volume }: KubernetesNeed): string | undefined => volume?.path ?? volume?.hostPath;

export function isInside(folder: string | undefined, file: string): boolean {
  return folder !== undefined && !path.relative(folder, file).startsWith('..');
}

/** `tools`: name of the ConfigMap with the supervisor; null: it is on the volume. Throws SubmitRefused if something is missing. */
export function jobManifest(request: JobRequest, tools: string | null): unknown {
  const { name, need, grace } = request;
  const { image, queue, volume } = need.kubernetes ?? {};
  if (image === undefined) throw new SubmitRefused(l10n.t('no image is given. Add kubernetes: { image: … }.'));
  const labels = { ...MANAGED, ...(queue !== undefined && { [QUEUE_LABEL]: queue }) };
  const [, supervisor, ...args] = request.argv;
  const command = ['node', tools === null ? supervisor! : `${TOOLS}/supervisor.cjs`, ...args];
  const at = volumePath(need.kubernetes ?? {});
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: kubernetesName(name), labels, annotations: { [NAME_NOTE]: name } },
    spec: {
      // A launch is taken once. The engine submits the next one, which resumes from the newest checkpoint.
      backoffLimit: 0,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      ...(need.minutes !== undefined && { activeDeadlineSeconds: need.minutes * 60 }),
      // Kueue lets it begin.
      ...(queue !== undefined && { suspend: true }),
      template: {
        metadata: { labels, annotations: { [NAME_NOTE]: name } },
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: Math.ceil(grace) + LAST_WORDS,
          ...user(),
          containers: [
            {
              name: 'run',
              image,
              command,
              env: environment(request),
              resources: resources(request),
              volumeMounts: [
                ...(at === undefined ? [] : [{ name: 'workspace', mountPath: at }]),
                ...(tools === null ? [] : [{ name: 'tools', mountPath: TOOLS, readOnly: true }]),
              ],
            },
          ],
          volumes: [
            ...(volume === undefined ? [] : [{ name: 'workspace', ...source(volume) }]),
            ...(tools === null ? [] : [{ name: 'tools', configMap: { name: tools } }]),
          ],
        },
      },
    },
  };
}

/** Files in the folder then belong to the same person on both sides. */
function user(): object {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === undefined || uid === 0 ? {} : { securityContext: { runAsUser: uid, runAsGroup: gid } };
}

function source({ claim, hostPath, nfs }: NonNullable<KubernetesNeed['volume']>): object {
  if (claim !== undefined) return { persistentVolumeClaim: { claimName: claim } };
  if (hostPath !== undefined) return { hostPath: { path: hostPath, type: 'Directory' } };
  const [server, ...rest] = nfs!.split(':');
  return { nfs: { server, path: rest.join(':') } };
}

function environment({ env, need }: JobRequest): { name: string; value: string }[] {
  const given: Record<string, string | undefined> = {
    HOME: '/tmp',
    [RUN_ENV.job]: 'kubernetes',
    ...(need.minutes !== undefined && { [RUN_ENV.timeLimit]: String(need.minutes * 60) }),
    ...Object.fromEntries(PASSED.map((name) => [name, env[name]])),
  };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

function resources({ need }: JobRequest): object {
  const { cpus, memory, gpus } = need;
  const amounts = {
    ...(cpus !== undefined && { cpu: String(cpus) }),
    ...(memory !== undefined && { memory: `${memory}Mi` }),
  };
  const limits = {
    ...(memory !== undefined && { memory: `${memory}Mi` }),
    ...(gpus !== undefined && gpus > 0 && { 'nvidia.com/gpu': String(gpus) }),
  };
  return { requests: amounts, limits };
}
