import { z } from 'zod';
import type { ClusterNeed } from '../../../protocol/run/cluster.js';
import { helloThrough, type CheckOptions, type Found } from '../hello.js';
import { KubernetesApi, type Api } from './api.js';
import { kubernetesFaults } from './faults.js';
import { Kubernetes } from './index.js';
import { l10n } from '../../../format/l10n.js';

const Version = z.looseObject({ gitVersion: z.string() });
const Review = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

export async function checkKubernetes(need: ClusterNeed, options: CheckOptions): Promise<Found> {
  const { env = process.env } = options;
  const { context, namespace } = need.kubernetes ?? {};
  const api = new KubernetesApi(env, context, namespace);
  const there = await inventory(api);
  if (!(await mayCreateJobs(api))) {
    const reason = l10n.t(
      '{0} You may not create jobs in the namespace {1}: ask whoever runs the cluster.',
      there,
      api.namespace,
    );
    return { ok: false, reason };
  }
  const [fault] = kubernetesFaults({ program: { kind: 'run', argv: [] } }, need, options);
  if (fault) return { ok: false, reason: `${there} ${fault.message}${fault.hint ? ` (${fault.hint})` : ''}.` };
  const image = need.kubernetes!.image!;
  return helloThrough(new Kubernetes(api), options, need, there, () => {
    return l10n.t('the pods must see that folder on the volume, and the image {0} needs Node 20 or later.', image);
  });
}

/** Throws with the server's own words when it does not answer. */
async function inventory(api: Api): Promise<string> {
  try {
    const { gitVersion } = Version.parse(await api.request('GET', '/version'));
    return l10n.t('Kubernetes {0}, namespace {1}.', gitVersion, api.namespace);
  } catch (error) {
    throw new Error(l10n.t('Kubernetes does not answer: `kubectl get jobs` must work. {0}', (error as Error).message), {
      cause: error,
    });
  }
}

async function mayCreateJobs(api: Api): Promise<boolean> {
  const resourceAttributes = { namespace: api.namespace, verb: 'create', group: 'batch', resource: 'jobs' };
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  };
  return Review.parse(await api.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', body)).status
    .allowed;
}
