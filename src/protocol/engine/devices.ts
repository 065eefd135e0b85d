/** Devices that runs are put on, and backends that compute on them. */
import { z } from 'zod';

export const Device = z.object({
  /** `gpu:0` or `cpu`. */
  id: z.string(),
  kind: z.enum(['gpu', 'cpu']),
  name: z.string(),
  memoryTotalMiB: z.number().nullable(),
  memoryUsedMiB: z.number().nullable(),
  /** Percent. */
  utilization: z.number().nullable(),
  slots: z.number().int(),
  busy: z.number().int(),
});
export type Device = z.infer<typeof Device>;

export const BackendId = z.enum(['tfjs-node-gpu', 'tensorflow-python', 'webgpu', 'tfjs-node', 'wasm', 'cpu']);
export type BackendId = z.infer<typeof BackendId>;
export const BackendReport = z.object({
  id: BackendId,
  name: z.string(),
  works: z.boolean(),
  device: z.enum(['gpu', 'cpu']).nullable(),
  /** Why it does or doesn't work, in one line. */
  reason: z.string(),
  installable: z.boolean(),
  chosen: z.boolean(),
});
export type BackendReport = z.infer<typeof BackendReport>;
