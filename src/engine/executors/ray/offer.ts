/** Compares a run's need with what the nodes of a Ray cluster have, so that an impossible one is refused before it is queued. */
import { z } from 'zod';
import type { PlacedFault } from '../../../experiment/index.js';
import { l10n } from '../../../format/l10n.js';
import type { ClusterNeed, RayPlace } from '../../../protocol/run/cluster.js';
import { record } from '../../../protocol/values/recordSchema.js';
import { shortfall, type Offered } from '../shortfall.js';
import { request } from './http.js';
import { within } from '../../within.js';

/** A question that takes longer holds up no start. */
const PATIENCE_MS = 5000;

const Nodes = z.object({
  data: z.object({
    result: z.object({
      num_after_truncation: z.number(),
      total: z.number(),
      result: z.array(z.object({ state: z.string(), resources_total: record(z.unknown()).nullish() })),
    }),
  }),
});

/** Kinds of node by the node's number. */
const Status = z.object({
  data: z.object({
    clusterStatus: z.object({ autoscalerReport: z.object({ nodeTypeMapping: record(z.string()) }) }),
  }),
});

/** Resolves to the nodes' sizes; null if the head does not say them soon, or if the cluster may grow. */
export async function rayOffer({ address }: RayPlace): Promise<Offered[] | null> {
  return within<Offered[] | null>(
    asked(address).catch(() => null),
    PATIENCE_MS,
    () => null,
  );
}

async function asked(address: string): Promise<Offered[] | null> {
  const [nodes, status] = await Promise.all([
    request('GET', `${address}/api/v0/nodes?detail=1&limit=10000`, null),
    request('GET', `${address}/api/cluster_status`, null),
  ]);
  return readOffer(nodes.text, status.text);
}

/** Reads the head's two answers. Throws if one is not as expected. */
export function readOffer(nodes: string, status: string): Offered[] | null {
  const { total, num_after_truncation: told, result } = Nodes.parse(JSON.parse(nodes)).data.result;
  const alive = result.filter(({ state }) => state === 'ALIVE');
  if (told < total || alive.length === 0) return null;
  const kinds = Status.parse(JSON.parse(status)).data.clusterStatus.autoscalerReport.nodeTypeMapping;
  // Only the nodes of a cluster that nobody scales have no other kind than themselves.
  if (Object.entries(kinds).some(([node, kind]) => kind !== `node_${node}`)) return null;
  return alive.map(({ resources_total: has }) => {
    const number = (name: string): number => (typeof has?.[name] === 'number' ? has[name] : 0);
    return { cpus: number('CPU'), gpus: number('GPU'), memory: Math.floor(number('memory') / 2 ** 20) };
  });
}

/** Returns what no node offers. */
export function rayFaults(need: ClusterNeed, offer: readonly Offered[] | null): PlacedFault[] {
  if (!offer || offer.length === 0) return [];
  const most = (key: keyof Offered): number => Math.max(...offer.map((node) => node[key]));
  const offered = { cpus: most('cpus'), gpus: most('gpus'), memory: most('memory') };
  return shortfall(need, offered, l10n.t('a node of the Ray cluster'), l10n.t('or choose another cluster'));
}
