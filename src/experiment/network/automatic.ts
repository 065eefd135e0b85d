/** The keys of a network that is found by itself: its kind of layers, its test part and the time it may take. */
import { z } from 'zod';
import { bodySchema } from './layers/body.js';
import { number, oneOf, whole, type Kit } from './kit.js';

const TIME = /^(\d+(?:\.\d+)?) ?(s|sec|seconds?|m|min|minutes?|h|hours?)?$/i;
const TIME_TEXT = 'must be a time such as 60s, 10m or 2h';

/** Returns seconds; null: the text is not a time. A number alone is in seconds. */
export function secondsOf(text: string | number): number | null {
  if (typeof text === 'number') return Number.isFinite(text) && text > 0 ? text : null;
  const [, digits, unit = 's'] = TIME.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  const factor = { s: 1, m: 60, h: 3600 }[unit[0]!.toLowerCase()]!;
  return Number(digits) > 0 ? Number(digits) * factor : null;
}

export const timeSchema = (what: string) =>
  z
    .union([z.string(), z.number()], { error: `${what} ${TIME_TEXT}` })
    .refine((value) => secondsOf(value) !== null, { error: `${what} ${TIME_TEXT}` });

const autoGroup = z.strictObject({
  time: timeSchema('time').describe('How long to look for the best network, such as 60s, 10m or 2h.'),
  kind: oneOf('kind', ['rows', 'pictures', 'sequences'])
    .optional()
    .describe(
      'Kind of the examples, which decides between dense layers, convolutions and layers over time. Default: by their shape.',
    ),
  trials: whole('trials')
    .optional()
    .describe('Largest number of networks to try. Default: as many as the time allows.'),
});
export const autoSchema = z
  .union([timeSchema('auto'), autoGroup], { error: 'auto must be a time such as 60s, or { time: 60s }' })
  .describe(
    'Finds the network by itself: architecture and hyperparameters are searched together for this long. Needs only `data`.',
  );
export type WrittenAuto = z.output<typeof autoSchema>;

export function automaticFields(kit: Kit) {
  const { optional } = kit;
  return {
    body: bodySchema(kit)
      .nullish()
      .describe(
        'Instead of `layers`: layers chosen by the kind of the data. Dense layers for tables, convolutions for pictures, 1-d convolutions or recurrent layers for sequences; the output layer fits the targets.',
      ),
    test: optional(number('test').gt(0, 'test must be above 0').lt(1, 'test must be below 1')).describe(
      'Fraction of the examples held out from training and validation, for `tunesmith evaluate --test`. Default: none.',
    ),
    seconds: optional(number('seconds').positive('seconds must be above 0')).describe(
      'Approximate time limit of the training in seconds: if epochs are slow, fewer are trained. Default: no limit.',
    ),
  };
}
