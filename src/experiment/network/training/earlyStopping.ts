/** Schema and normal form of early stopping. */
import { z } from 'zod';
import { flag, number, whole, type Kit } from '../kit.js';

export interface EarlyStoppingSettings {
  /** Monitored metric, such as `val/loss`. */
  metric: string;
  /** Number of epochs without improvement before training stops. */
  patience: number;
  /** Smallest change that counts as an improvement. */
  threshold: number;
  /** Restores the weights of the best epoch. */
  restore: boolean;
}

export function earlyStoppingSchema({ p, optional }: Kit) {
  const settings = z.strictObject({
    metric: optional(z.string()).describe('Metric to monitor. Default: val/loss.'),
    patience: optional(whole('patience', 0)).describe('Epochs without improvement before training stops. Default: 5.'),
    threshold: optional(number('threshold').min(0)).describe('Smallest improvement that counts. Default: 0.'),
    restore: optional(flag('restore')).describe('Restores the weights of the best epoch. Default: true.'),
  });
  return z.union([flag('earlyStopping'), p(whole('patience', 0)), settings], {
    error: 'earlyStopping must be true, a number of epochs, or { metric: val/loss, patience: 5 }',
  });
}
export type WrittenEarlyStopping = z.output<ReturnType<typeof earlyStoppingSchema>>;

export function normalizeEarlyStopping(written: WrittenEarlyStopping | null | undefined): EarlyStoppingSettings | null {
  if (written === null || written === undefined || written === false) return null;
  const given = typeof written === 'number' ? { patience: written } : written === true ? {} : written;
  return {
    metric: given.metric ?? 'val/loss',
    patience: given.patience ?? 5,
    threshold: given.threshold ?? 0,
    restore: given.restore ?? true,
  };
}
