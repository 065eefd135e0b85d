/**
 * Serializes trials. An ended trial no longer changes (see `reopened`), so its text is created once, and sixty-four
 * such trials in a row share one text. Saving ten thousand trials then costs no more than copying their texts.
 *
 * A trial is `[values of the parameters, state, values, [step, value, step, value, …], enqueued, more]`, where `more`
 * holds the fields that most trials lack. Parameters are in the order of `names`, and `{}` stands for an inactive one:
 * the format uses few quotation marks, because each takes two characters when the text is embedded in another.
 */
import { z } from 'zod';
import { fromWire, Params, ParamValue, toWire, WireNumber } from '../../protocol/values/index.js';
import type { Trial, TrialState } from '../types.js';
import { setEntry } from '../../protocol/values/records.js';

const STATES: readonly TrialState[] = ['running', 'paused', 'completed', 'pruned', 'failed'];
const BLOCK = 64;

/** Fields that most trials don't have. */
export const More = z.object({
  constraints: z.array(WireNumber).optional(),
  /** Values of the other objectives, by report; null: not all of them are known. */
  others: z.array(z.array(WireNumber).nullable()).optional(),
  seconds: z.number().optional(),
  tuned: Params.optional(),
  until: z.number().optional(),
  began: Params.optional(),
  bracket: z.number().optional(),
  from: z.number().optional(),
  repeatOf: z.number().optional(),
  adopted: z.literal(true).optional(),
  changes: z.array(z.object({ step: z.number(), params: Params, from: z.number().optional() })).optional(),
});
const Absent = z.strictObject({});
const SavedTrial = z.tuple([
  z.array(z.union([Absent, ParamValue])),
  z
    .number()
    .int()
    .min(0)
    .max(STATES.length - 1),
  z.array(WireNumber).nullable(),
  z.array(WireNumber),
  z.union([z.literal(0), z.literal(1)]),
  More.optional(),
]);
const Block = z.array(SavedTrial);

export class TrialTexts {
  /** Names of the parameters; the list only grows, so that texts written earlier stay valid. */
  readonly names: string[] = [];
  private readonly places = new Map<string, number>();
  private readonly blocks: (string | undefined)[] = [];
  private readonly texts: (string | undefined)[] = [];

  /** Reads params back in the order of these names. */
  constructor(names: readonly string[]) {
    for (const name of names) this.place(name);
  }

  /** Returns one text for each sixty-four trials. */
  write(trials: readonly Trial[]): string[] {
    const written: string[] = [];
    for (let from = 0, b = 0; from < trials.length; from += BLOCK, b++) {
      written.push(this.blocks[b] ?? this.block(trials, from, b));
    }
    return written;
  }

  /** Invalidates the text of an ended trial that is open again. */
  reopened(id: number): void {
    const b = Math.floor(id / BLOCK);
    // The texts of single trials were dropped in favour of the block's.
    this.blocks[b] = undefined;
    this.texts[id] = undefined;
  }

  private block(trials: readonly Trial[], from: number, b: number): string {
    const to = Math.min(trials.length, from + BLOCK);
    let ended = to - from === BLOCK;
    const texts: string[] = [];
    for (let id = from; id < to; id++) {
      const trial = trials[id]!;
      const open = trial.state === 'running' || trial.state === 'paused';
      ended &&= !open;
      texts.push(open ? this.text(trial) : (this.texts[id] ??= this.text(trial)));
    }
    const text = `[${texts.join(',')}]`;
    if (ended) {
      this.blocks[b] = text;
      for (let id = from; id < to; id++) this.texts[id] = undefined;
    }
    return text;
  }

  private text({ id: _, params, state, values, reports, enqueued, ...more }: Trial): string {
    const placed: (ParamValue | object)[] = [];
    for (const [name, value] of Object.entries(params)) placed[this.place(name)] = value;
    for (let i = 0; i < placed.length; i++) placed[i] ??= placed[i] === null ? null : {};
    const flat: WireNumber[] = [];
    for (const { step, value } of reports) flat.push(toWire(step), toWire(value));
    const several = reports.some((report) => report.rest);
    const others = several && { others: reports.map((report) => report.rest?.map(toWire) ?? null) };
    const rest = { ...more, ...others, ...(more.constraints && { constraints: more.constraints.map(toWire) }) };
    const tuple = [placed, STATES.indexOf(state), values && values.map(toWire), flat, enqueued ? 1 : 0];
    return JSON.stringify(Object.keys(rest).length > 0 ? [...tuple, rest] : tuple);
  }

  private place(name: string): number {
    let place = this.places.get(name);
    if (place === undefined) {
      this.places.set(name, (place = this.names.length));
      this.names.push(name);
    }
    return place;
  }
}

/** Parses the trials. Throws whatever JSON.parse and zod throw. */
export function readTrials(names: readonly string[], blocks: readonly string[]): Trial[] {
  const trials: Trial[] = [];
  for (const block of blocks) {
    for (const [placed, state, values, flat, enqueued, more = {}] of Block.parse(JSON.parse(block))) {
      const params: Params = {};
      for (const [i, value] of placed.entries()) if (!isAbsent(value)) setEntry(params, names[i]!, value);
      const reports = [];
      const { constraints, others, ...rest } = more;
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const known = others?.[i / 2]?.map(fromWire);
        reports.push({ step: fromWire(flat[i]!), value: fromWire(flat[i + 1]!), ...(known && { rest: known }) });
      }
      trials.push({
        id: trials.length,
        params,
        state: STATES[state]!,
        values: values && values.map(fromWire),
        reports,
        enqueued: enqueued === 1,
        ...rest,
        ...(constraints && { constraints: constraints.map(fromWire) }),
      });
    }
  }
  return trials;
}

function isAbsent(value: ParamValue | z.infer<typeof Absent>): value is z.infer<typeof Absent> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
