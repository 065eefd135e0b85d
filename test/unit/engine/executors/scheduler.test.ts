import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../../../src/engine/machine/devices.js';
import { parseGpus } from '../../../../src/engine/machine/devices.js';
import { visibleGpus } from '../../../../src/engine/machine/visibleGpus.js';
import {
  placementEnv,
  Scheduler,
  type Job,
  type Need,
  type Placement,
  type Source,
} from '../../../../src/engine/executors/scheduler.js';

const gpu = (index: number, used = 0): Gpu => ({
  index,
  uuid: `GPU-${index}${index}${index}${index}-aa`,
  name: 'T',
  memoryTotalMiB: 1000,
  memoryUsedMiB: used,
  utilization: 0,
});

/** A scheduler that notes what it starts, in order. */
function make(gpus: Gpu[], cores = 8) {
  const scheduler = new Scheduler({ gpus, cores, cpuSlots: Math.max(Math.min(2, cores), Math.floor(cores / 2)) });
  scheduler.open();
  const started: string[] = [];
  const placements = new Map<string, Placement>();
  const job = (id: string, search: string | null = null, need: Need = { gpus: 1, perGpu: 1 }): Job => ({
    id,
    search,
    need,
    start: (placement) => {
      started.push(id);
      placements.set(id, placement);
    },
  });
  const source = (
    id: string,
    count: number,
    need: Need = { gpus: 1, perGpu: 1 },
    limit: number | null = null,
  ): Source => {
    let made = 0;
    return { id, need, limit, next: () => (made < count ? job(`${id}${made++}`, id, need) : null) };
  };
  return { scheduler, started, placements, job, source };
}

describe('GPUs', () => {
  it('go to runs one each, the emptiest first, and are given back', () => {
    const { scheduler, started, placements, job } = make([gpu(0, 900), gpu(1, 10)]);
    for (const id of ['a', 'b', 'c']) scheduler.enqueue(job(id));
    expect(started).toEqual(['a', 'b']);
    expect([...placements.values()].map(({ device }) => device)).toEqual(['gpu:1', 'gpu:0']);
    scheduler.release('a');
    expect(started).toEqual(['a', 'b', 'c']);
    expect(placements.get('c')!.device).toBe('gpu:1');
    expect(scheduler.busy('gpu:1')).toBe(1);
  });

  it('hold as many runs as the file says, not more, whatever the mix', () => {
    const { scheduler, started, job, source } = make([gpu(0)]);
    scheduler.addSource(source('s', 10, { gpus: 1, perGpu: 3 }));
    expect(started).toEqual(['s0', 's1', 's2']);
    expect(scheduler.slots('gpu:0')).toBe(3);
    scheduler.enqueue(job('whole'));
    scheduler.release('s0');
    // A person's run that needs all of it is not overtaken by trials that would fit.
    expect(started).toEqual(['s0', 's1', 's2']);
    scheduler.release('s1');
    scheduler.release('s2');
    expect(started).toEqual(['s0', 's1', 's2', 'whole']);
    scheduler.release('whole');
    expect(started.slice(4)).toEqual(['s3', 's4', 's5']);
  });

  it('come in twos for a run that asks for two; one that waits for them is not overtaken', () => {
    const { scheduler, started, placements, job } = make([gpu(0), gpu(1)]);
    scheduler.enqueue(job('one'));
    scheduler.enqueue(job('two', null, { gpus: 2, perGpu: 1 }));
    scheduler.enqueue(job('late'));
    scheduler.enqueue(job('cpu', null, { gpus: 0, perGpu: 1 }));
    expect(started).toEqual(['one', 'cpu']);
    scheduler.release('one');
    expect(started).toEqual(['one', 'cpu', 'two']);
    expect(placements.get('two')).toMatchObject({ device: 'gpu:0+1', gpus: [0, 1] });
    scheduler.release('two');
    expect(started.at(-1)).toBe('late');
  });

  it('that an adopted run holds are not given away', () => {
    const { scheduler, placements, job } = make([gpu(0), gpu(1)]);
    scheduler.occupy('old', null, { gpus: 1, perGpu: 1 }, 'gpu:0');
    scheduler.enqueue(job('new'));
    expect(placements.get('new')!.device).toBe('gpu:1');
  });
});

describe('searches', () => {
  it('share fairly; a person’s run goes first', () => {
    const { scheduler, started, job, source } = make([gpu(0), gpu(1), gpu(2), gpu(3)]);
    scheduler.addSource(source('a', 100));
    scheduler.addSource(source('b', 100));
    expect(started).toEqual(['a0', 'a1', 'a2', 'a3']);
    scheduler.enqueue(job('mine'));
    scheduler.release('a0');
    expect(started.at(-1)).toBe('mine');
    scheduler.release('a1');
    scheduler.release('a2');
    expect(started.slice(-2)).toEqual(['b0', 'a4']);
    scheduler.release('a3');
    expect(started.at(-1)).toBe('a5');
    expect([scheduler.running('a'), scheduler.running('b')]).toEqual([2, 1]);
    scheduler.release('mine');
    expect(started.at(-1)).toBe('b1');
  });

  it('respect their own limit, which on the processor may exceed the slots', () => {
    const { scheduler, started, source } = make([], 4);
    scheduler.addSource(source('auto', 10));
    expect(started).toHaveLength(2);
    scheduler.addSource(source('six', 10, undefined, 6));
    expect(scheduler.running('six')).toBe(6);
    expect(scheduler.running('auto')).toBe(2);
  });

  it('start nothing before the doors open and after they close', () => {
    const { scheduler, started, job } = make([], 4);
    scheduler.close();
    scheduler.enqueue(job('late'));
    expect(started).toEqual([]);
    scheduler.open();
    expect(started).toEqual(['late']);
  });

  it('are not asked for more than fits, so that each suggestion knows the results before it', () => {
    const { scheduler, source } = make([gpu(0)]);
    let asked = 0;
    const counted = source('s', 100);
    scheduler.addSource({ ...counted, next: () => (asked++, counted.next()) });
    expect(asked).toBe(1);
  });
});

it('a run’s environment names its device and overrides nothing the person set', () => {
  const on = (gpus: number[], neighbours = 1): Placement => ({ device: 'x', gpus, neighbours });
  expect(placementEnv(on([2, 3]), 8, {}, true)).toEqual({
    CUDA_VISIBLE_DEVICES: '2,3',
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  });
  expect(placementEnv(on([]), 8, {}, false)).toEqual({});
  expect(placementEnv(on([]), 8, {}, true)).toEqual({ CUDA_VISIBLE_DEVICES: '-1' });
  const shared = placementEnv(on([], 4), 8, { MKL_NUM_THREADS: '7' }, false);
  expect(shared).toMatchObject({ OMP_NUM_THREADS: '2', TF_NUM_INTRAOP_THREADS: '2' });
  expect(shared).not.toHaveProperty('MKL_NUM_THREADS');
  expect(shared).not.toHaveProperty('CUDA_VISIBLE_DEVICES');
});

it('nvidia-smi’s answers are read, odd ones too', () => {
  const csv = [
    '0, GPU-5f1c, NVIDIA H200, 143771, 512, 37',
    '1, GPU-77aa, Odd, Name, 8192, 0, [N/A]',
    'Failed to initialize NVML: Driver/library version mismatch',
    '',
  ].join('\n');
  const gpus = parseGpus(csv);
  expect(gpus).toEqual([
    { index: 0, uuid: 'GPU-5f1c', name: 'NVIDIA H200', memoryTotalMiB: 143771, memoryUsedMiB: 512, utilization: 37 },
    { index: 1, uuid: 'GPU-77aa', name: 'Odd, Name', memoryTotalMiB: 8192, memoryUsedMiB: 0, utilization: null },
  ]);
  expect(visibleGpus(gpus, undefined)).toHaveLength(2);
  expect(visibleGpus(gpus, '1').map(({ index }) => index)).toEqual([1]);
  expect(visibleGpus(gpus, 'GPU-77aa,0').map(({ index }) => index)).toEqual([1, 0]);
  expect(visibleGpus(gpus, '-1')).toEqual([]);
  expect(visibleGpus(gpus, '')).toEqual([]);
});
