/** Compares a run's need with what Slurm's partitions offer, so that an impossible one is refused before it is queued. */
import type { ClusterNeed } from '../../../protocol/run/cluster.js';
import type { PlacedFault } from '../../../experiment/index.js';
import { run } from './index.js';
import { l10n } from '../../../format/l10n.js';
import { shortfall } from '../shortfall.js';
import { submitEnvironment } from './script.js';
import { within } from '../../within.js';

/** Nodes of one kind in a partition. */
export interface NodeGroup {
  partition: string;
  isDefault: boolean;
  count: number;
  cpus: number;
  /** MiB. */
  memory: number;
  gpus: number;
  /** Minutes; Infinity: none. */
  limit: number;
}

const FORMAT = '%P|%D|%c|%m|%G|%l';
const FRESH_MS = 60_000;
/** A question that takes longer holds up no start. */
const PATIENCE_MS = 5000;
const known = new Map<string, { at: number; groups: Promise<NodeGroup[]> }>();

/** Resolves to null if Slurm does not answer soon: what is not known refuses nothing. */
export async function slurmOffer(env: NodeJS.ProcessEnv): Promise<NodeGroup[] | null> {
  const key = `${env.SLURM_CONF ?? ''}\n${env.PATH ?? ''}`;
  let entry = known.get(key);
  if (!entry || Date.now() - entry.at > FRESH_MS) {
    const args = ['--noheader', '--exact', `--format=${FORMAT}`];
    entry = { at: Date.now(), groups: run('sinfo', args, submitEnvironment(env)).then(readSinfo) };
    known.set(key, entry);
    entry.groups.catch(() => known.delete(key));
  }
  return within<NodeGroup[] | null>(
    entry.groups.catch(() => null),
    PATIENCE_MS,
    () => null,
  );
}

export function readSinfo(text: string): NodeGroup[] {
  return text.split('\n').flatMap((line) => {
    const [partition = '', count = '', cpus = '', memory = '', gres = '', limit = ''] = line.trim().split('|');
    if (partition === '') return [];
    return [
      {
        partition: partition.replace(/\*$/, ''),
        isDefault: partition.endsWith('*'),
        count: Number.parseInt(count) || 0,
        cpus: Number.parseInt(cpus) || 0,
        memory: Number.parseInt(memory) || 0,
        gpus: gpusIn(gres),
        limit: minutesOf(limit),
      },
    ];
  });
}

/** Counts the GPUs of `gpu:a100:4(S:0-1),gpu:2`. */
function gpusIn(gres: string): number {
  const counts = [...gres.matchAll(/(?:^|,)gpu(?::[^:,(]+)*?:(\d+)(?=$|[(,])/g)].map(([, count]) => Number(count));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Reads `1-06:00:00`, `30:00` and `infinite`. */
function minutesOf(text: string): number {
  const [, days = '0', clock = ''] = /^(?:(\d+)-)?([\d:]+)$/.exec(text) ?? [];
  if (clock === '') return Infinity;
  const parts = clock.split(':').map(Number);
  const [hours, minutes] = parts.length === 3 ? [parts[0]!, parts[1]!] : [0, parts[0]!];
  return Number(days) * 1440 + hours * 60 + minutes;
}

/** Options by which the person gives a job's place or size past us: then only Slurm can say what fits. */
const OWN = /^--(partition|gres|gpus|mem|cpus|time|nodelist|clusters|licenses|reservation)/;

/** Returns what no partition of the job offers. */
export function slurmFaults(need: ClusterNeed, offer: readonly NodeGroup[]): PlacedFault[] {
  if (offer.length === 0 || need.extra?.some((option) => OWN.test(option))) return [];
  const names = need.partition?.split(',') ?? [];
  const all = [...new Set(offer.map(({ partition }) => partition))];
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    const message = l10n.t('Slurm has no partition "{0}"', unknown);
    return [{ at: ['slurm', 'partition'], message, hint: l10n.t('it has {0}', all.slice(0, 12).join(', ')) }];
  }
  const groups = offer.filter(({ partition, isDefault }) => (names.length > 0 ? names.includes(partition) : isDefault));
  if (groups.length === 0) return [];
  const where = [...new Set(groups.map(({ partition }) => partition))].join(', ');
  const hint = l10n.t('or choose another partition');
  const most = (key: 'cpus' | 'memory' | 'gpus' | 'limit'): number => Math.max(...groups.map((group) => group[key]));
  const nodes = new Map(groups.map((group) => [group.partition, 0]));
  for (const { partition, count } of groups) nodes.set(partition, nodes.get(partition)! + count);
  const faults: PlacedFault[] = [];
  const mostNodes = Math.max(...nodes.values());
  if (need.nodes !== undefined && need.nodes > mostNodes) {
    const message =
      mostNodes === 1
        ? l10n.t('the partition {0} has only 1 node', where)
        : l10n.t('the partition {0} has only {1} nodes', where, mostNodes);
    faults.push({ at: ['resources', 'nodes'], message, hint });
  }
  const offered = { cpus: most('cpus'), memory: most('memory'), gpus: most('gpus') };
  faults.push(...shortfall(need, offered, l10n.t('a node of the partition {0}', where), hint));
  const limit = most('limit');
  if (need.minutes !== undefined && need.minutes > limit) {
    const message = l10n.t('a job of the partition {0} may take only {1} minutes', where, limit);
    faults.push({ at: ['resources', 'time'], message, hint });
  }
  return faults;
}
