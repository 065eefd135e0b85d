/** Expands `network: { data: …, auto: 60s }` into a search. */
import { autoSchema, secondsOf } from '../network/automatic.js';
import { problemsOf } from '../network/problems.js';
import type { WrittenExperiment } from '../schema.js';
import type { Fault, Path } from '../file/source.js';
import { hasEntry } from '../../protocol/values/records.js';
import { autoData, autoSpace } from './space.js';
import { l10n } from '../../format/l10n.js';

/** Keys of the section that are allowed together with `auto`: known facts, not searched values. */
const BESIDE = ['data', 'auto', 'validation', 'test', 'seconds', 'loss', 'metrics', 'backend', 'seed', 'epochs'];
/** Fraction of the examples that nothing uses before the end. */
export const AUTO_TEST = 0.2;
/** Maximum share of the time for one network, so that at least some are compared. */
const SHARE = 1 / 6;
const LEAST_SECONDS = 4;
/** Examples that are trained on per second of the whole time; tables train much faster than pictures. */
const ROWS_PER_SECOND = 1000;
const PICTURES_PER_SECOND = 150;
const LEAST_EXAMPLES = 2000;

/** Returns the experiment with the search expanded; unchanged if it has no `auto`, or an invalid one. */
export function expandAuto(
  written: WrittenExperiment,
  report: (at: Path, fault: Fault, where?: 'key' | 'value') => void,
): WrittenExperiment {
  const { network } = written;
  if (!isGroup(network) || network.auto === undefined) return written;
  const { network: _, ...nothing } = written;
  const parsed = autoSchema.safeParse(network.auto);
  if (!parsed.success) {
    for (const { path, message } of problemsOf(parsed.error.issues, network.auto, autoSchema)) {
      report(['network', 'auto', ...path], { message });
    }
    return nothing;
  }
  const extra = Object.keys(network).filter((key) => !BESIDE.includes(key));
  for (const key of extra) {
    const hint = l10n.t('remove "{0}", or remove "auto" and write the network yourself', key);
    report(
      ['network', key],
      { message: l10n.t('"{0}" can\'t be combined with auto, which finds it', key), hint },
      'key',
    );
  }
  const { data } = network;
  if (extra.length > 0 || !(typeof data === 'string' || isGroup(data))) {
    return nothing;
  }
  const auto = isGroup(parsed.data) ? parsed.data : { time: parsed.data };
  const time = secondsOf(auto.time)!;
  const { params, space } = autoSpace(data, auto.kind ?? null);
  const table = isGroup(data) && 'csv' in data;
  const limit = Math.max(LEAST_EXAMPLES, Math.round(time * (table ? ROWS_PER_SECOND : PICTURES_PER_SECOND)));
  const placed = (names: string[]) => Object.fromEntries(names.map((name) => [name, `{${name}}`]));
  const shape = ['width', 'depth', 'skip', 'norm', 'activation', 'dropout', 'squash', 'cell'];
  const augment = ['shift', 'rotate'].filter((name) => hasEntry(space, name));
  return {
    ...written,
    network: {
      ...without(network, ['auto']),
      data: autoData(data, space),
      test: network.test ?? AUTO_TEST,
      seconds: network.seconds ?? Math.max(LEAST_SECONDS, time * SHARE),
      body: { ...(auto.kind && { kind: auto.kind }), ...placed(shape.filter((name) => hasEntry(space, name))) },
      optimizer: {
        name: '{optimizer}',
        learningRate: '{learning_rate}',
        weightDecay: '{weight_decay}',
        ...{ momentum: 0.9, nesterov: true },
      },
      schedule: { name: '{schedule}' },
      batchSize: '{batch_size}',
      mixup: '{mixup}',
      ...(augment.length > 0 && { augment: placed(augment) }),
      earlyStopping: { patience: table ? 20 : 6 },
      ...(!table && { epochs: network.epochs ?? 20 }),
    },
    params: { ...params, limit, ...written.params },
    objective: written.objective ?? { metric: 'val/loss', goal: 'minimize' },
    search: {
      sampler: 'auto',
      pruner: 'asha',
      warmStart: { from: ['similar'] },
      ...(auto.trials !== undefined && { trials: auto.trials }),
      ...written.search,
      time: written.search?.time ?? auto.time,
      space: { ...space, ...written.search?.space },
    },
  };
}

const without = (group: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(group).filter(([key]) => !keys.includes(key)));
const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
