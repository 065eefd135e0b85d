import type * as Os from 'node:os';
import { expect, it, vi } from 'vitest';

const cores = vi.hoisted(() => ({ count: 1 }));
vi.mock('node:os', async (original) => ({
  ...(await original<typeof Os>()),
  availableParallelism: () => cores.count,
}));
const { Devices } = await import('../../../../src/engine/machine/devices.js');

it.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 2],
  [16, 8],
])('%i cores run %i trials at once', (count, trials) => {
  cores.count = count;
  expect(new Devices().cpuSlots).toBe(trials);
});
