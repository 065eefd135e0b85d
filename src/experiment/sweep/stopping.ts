/**
 * `early_terminate` of a sweep file as our pruner: its Hyperband is successive halving in one bracket, where a run that is
 * not among the best 1/eta at a rung is stopped.
 */
import type { Fault } from '../file/source.js';
import { suggest } from '../suggest.js';
import type { Named } from '../types.js';
import { l10n } from '../../format/l10n.js';

type Group = Record<string, unknown>;
export interface Stopping {
  pruner: Named | null;
  maxSteps: number | null;
  problems: ({ key: string | null; where?: 'key' | 'value' } & Fault)[];
}

const KEYS = ['type', 'min_iter', 'max_iter', 's', 'eta', 'strict'];

export function readStopping(written: Group): Stopping {
  const problems: Stopping['problems'] = [];
  const none = { pruner: null, maxSteps: null, problems };
  const { type = 'hyperband', eta = 3, min_iter: first, max_iter: last, s } = written;
  if (type === 'envelope') {
    const message = l10n.t('trials are stopped early by the median rule');
    problems.push({ key: 'type', message, severity: 'warning' });
    return { ...none, pruner: 'median' };
  }
  if (type !== 'hyperband') {
    problems.push({
      key: 'type',
      message: l10n.t('unknown type "{0}"', String(type)),
      hint: l10n.t('write hyperband'),
    });
    return none;
  }
  for (const key of Object.keys(written)) {
    if (KEYS.includes(key)) continue;
    const near = suggest(key, KEYS);
    const hint = near ? { hint: l10n.t('did you mean "{0}"?', near) } : {};
    problems.push({
      key,
      where: 'key',
      message: l10n.t('"{0}" has no effect here', key),
      ...hint,
      severity: 'warning',
    });
  }
  if (typeof eta !== 'number' || !(eta > 1)) {
    problems.push({ key: 'eta', message: l10n.t('eta must be a number above 1') });
    return none;
  }
  if (eta < 2) {
    problems.push({
      key: 'eta',
      message: l10n.t('eta is at least 2: half of the trials continue'),
      severity: 'warning',
    });
  }
  const whole = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;
  for (const [key, value] of Object.entries({ min_iter: first, max_iter: last })) {
    if (value === undefined || whole(value)) continue;
    problems.push({ key, message: l10n.t('{0} must be a whole number of at least 1', key) });
    return none;
  }
  const maxSteps = whole(last) ? last : null;
  const asha = (graceSteps: number) => ({
    pruner: { name: 'asha', form: 'stop', eta: Math.max(2, eta), graceSteps },
    maxSteps,
    problems,
  });
  if (maxSteps !== null && typeof s === 'number' && s >= 1) {
    // The rungs are at max_iter / eta, max_iter / eta², … , s of them, as far as they come to one or more.
    let rung = maxSteps / eta;
    for (let k = 1; k < s && rung / eta >= 1; k++) rung /= eta;
    return asha(Math.max(1, Math.floor(rung)));
  }
  if (whole(first)) return asha(first);
  problems.push({ key: null, message: l10n.t('hyperband needs min_iter, or max_iter and s'), where: 'key' });
  return none;
}
