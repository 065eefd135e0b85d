/** Compares the needs of runs with what SSH hosts and Ray clusters have. */
import { describe, expect, it } from 'vitest';
import { rayFaults, readOffer } from '../../../../src/engine/executors/ray/offer.js';
import { Scheduler, type Need, type Source } from '../../../../src/engine/executors/scheduler.js';
import { sshCapacity, sshFaults } from '../../../../src/engine/executors/ssh/offer.js';
import type { ClusterNeed, SshPlace } from '../../../../src/protocol/run/cluster.js';

const facts = { hostname: 'box', gpus: 2, gpuNames: [], cores: 8, cpuSlots: 4, memory: 16_000 };
const host: SshPlace = { host: 'gpu-box', folder: 'tunesmith' };
const said = (faults: readonly { at: readonly unknown[]; message: string }[]): string[] =>
  faults.map(({ at, message }) => `${at.join('.')}: ${message}`);

describe('an SSH host', () => {
  it('is refused what it does not have, and nothing else', () => {
    const need = (more: Partial<ClusterNeed>): ClusterNeed => ({ kind: 'ssh', ssh: host, ...more });
    expect(sshFaults(need({ gpus: 2, cpus: 8, memory: 16_000, minutes: 1e6 }), facts)).toEqual([]);
    expect(said(sshFaults(need({ gpus: 3, cpus: 9, memory: 16_001 }), facts))).toEqual([
      'resources.cpus: gpu-box has only 8 cores',
      'resources.memory: gpu-box has only 16000 MiB',
      'resources.gpus: gpu-box has only 2 GPUs',
    ]);
    const small = { ...facts, gpus: 0, cores: 1 };
    expect(said(sshFaults(need({ gpus: 1, cpus: 2 }), small))).toEqual([
      'resources.cpus: gpu-box has only 1 core',
      'resources.gpus: gpu-box has no GPUs',
    ]);
  });

  it.each([
    [{ gpus: 1, perGpu: 1 }, 2],
    [{ gpus: 1, perGpu: 3 }, 6],
    [{ gpus: 2, perGpu: 1 }, 1],
    [{ gpus: 4, perGpu: 1 }, 1],
    [{ gpus: 0, perGpu: 1 }, 4],
  ])('works on as many runs of %j at once as its queue does', (need, count) => {
    expect(sshCapacity(facts, need)).toBe(count);
  });

  it('gets as many trials of a search as it works on, one until that is known, and as many as the person says', () => {
    let known: number | null = null;
    const scheduler = new Scheduler({ gpus: [], cores: 2, cpuSlots: 2 }, () => known);
    scheduler.open();
    const started: string[] = [];
    const need: Need = { gpus: 1, perGpu: 1, cluster: 'ssh', host };
    const source = (id: string, limit: number | null): Source => {
      let made = 0;
      const next = () => ({ id: `${id}${made++}`, search: id, need, start: () => void started.push(id) });
      return { id, need, limit, next };
    };
    const count = (id: string): number => started.filter((each) => each === id).length;
    scheduler.addSource(source('auto', null));
    expect(count('auto')).toBe(1);
    known = 5;
    scheduler.pump();
    expect(count('auto')).toBe(5);
    scheduler.addSource(source('three', 3));
    expect([count('auto'), count('three')]).toEqual([5, 3]);
  });
});

describe('a Ray cluster', () => {
  const nodes = (...all: object[]): string =>
    JSON.stringify({ data: { result: { total: all.length, num_after_truncation: all.length, result: all } } });
  const status = (kinds: object): string =>
    JSON.stringify({ data: { clusterStatus: { autoscalerReport: { nodeTypeMapping: kinds } } } });
  const two = nodes(
    { state: 'ALIVE', resources_total: { CPU: 2, memory: 2 ** 31, 'node:10.0.0.1': 1 } },
    { state: 'ALIVE', resources_total: { CPU: 1, GPU: 1, memory: 2 ** 30 } },
    { state: 'DEAD', resources_total: { CPU: 64, GPU: 8 } },
  );

  it('is refused what no living node has', () => {
    const offer = readOffer(two, status({ ab: 'node_ab', cd: 'node_cd' }));
    expect(rayFaults({ kind: 'ray', cpus: 2, gpus: 1, memory: 2048 }, offer)).toEqual([]);
    expect(said(rayFaults({ kind: 'ray', cpus: 3, gpus: 2, memory: 2049 }, offer))).toEqual([
      'resources.cpus: a node of the Ray cluster has only 2 cores',
      'resources.memory: a node of the Ray cluster has only 2048 MiB',
      'resources.gpus: a node of the Ray cluster has only 1 GPU',
    ]);
  });

  it('refuses nothing if it may grow, or does not say what it has', () => {
    expect(readOffer(two, status({ ab: 'ray.worker.default' }))).toBeNull();
    expect(readOffer(nodes(), status({}))).toBeNull();
    expect(() => readOffer('{}', status({}))).toThrow();
    expect(rayFaults({ kind: 'ray', gpus: 64 }, null)).toEqual([]);
  });
});
