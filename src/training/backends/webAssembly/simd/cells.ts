/**
 * One time step of a recurrent cell for a batch, forward and back; see layers/recurrent.ts for the cells and gates. All take the
 * same arguments, of which each uses its own.
 */
import type { Gate } from '../../../../experiment/network/index.js';
import { arithmetic } from './activations.js';
import { FunctionBuilder, get, set, v128, type Code, type Local } from './assembler.js';
import { exponential, sine } from './elementwise.js';
import { overRows, type RowAccess } from './rows.js';

export type Cell = 'simple' | 'lstm' | 'gru' | 'gated';

const { add, mul, sub, of, fused } = v128;

/** Blocks of the cells that are gates, by position. The last of a GRU, a gated and an LSTM's third are the candidate. */
const GATE_BLOCKS: Record<Cell, readonly number[]> = { simple: [], lstm: [0, 1, 3], gru: [0, 1], gated: [0] };
/** Blocks of units that a step computes at once. */
const BLOCKS: Record<Cell, number> = { simple: 1, lstm: 4, gru: 3, gated: 2 };

/** Number of slopes that are kept for each unit: a sigmoid's slope follows from its value. */
export const slopesOf = (cell: Cell, gate: Gate): number => (gate === 'sigmoid' ? 0 : GATE_BLOCKS[cell].length);
/** True for cells that keep one more value for each unit: an LSTM its memory, a GRU the candidate's product with the state. */
export const keepsExtra = (cell: Cell): boolean => cell === 'lstm' || cell === 'gru';
/** True if the state before a step reaches the state after it by another way than the product. */
export const isDirect = (cell: Cell): boolean => cell === 'gru' || cell === 'gated';

interface Bent {
  before: Code;
  value: Code;
}

/** Value of a gate, and its slope from z and the value. */
const GATES: Record<Gate, (z: Local, f: FunctionBuilder) => Bent & { slope: (value: Local) => Code; also: Code }> = {
  sigmoid(z, f) {
    const { before = [], value } = arithmetic.sigmoid.forward(z, f);
    return { before, value, slope: (g) => mul(get(g), sub(of(1), get(g))), also: [] };
  },
  gaussian(z, f) {
    const { before, value } = exponential(mul(mul(get(z), get(z)), of(-0.5)), f);
    return { before, value, slope: (g) => v128.neg(mul(get(z), get(g))), also: [] };
  },
  trigonometric(z, f) {
    const here = sine(get(z), f);
    const ahead = sine(add(get(z), of(Math.PI / 2)), f);
    const half = (code: Code) => mul(code, of(0.5));
    return {
      before: here.before,
      value: half(add(here.value, of(1))),
      slope: () => half(ahead.value),
      also: ahead.before,
    };
  },
};

/**
 * forward (gates, recalled, slopes, extraBefore, extra, before, hidden, rows, units): `gates` [rows, blocks·units] holds the
 * inputs of gates and candidate and is overwritten with their values; a GRU's lack the part in `recalled`.
 *
 * back (gates, slopes, extraBefore, extra, before, hidden, dy, dh, dc, dz, dRecalled, rows, units): the gradient dz by the inputs
 * of gates and candidate. dy comes from the layer above, dh and dc (an LSTM's memory) from the next step; dc, and dh if the
 * cell is direct, are overwritten with the gradient for the step before. dRecalled is a GRU's gradient by `recalled`.
 */
export function cellKernels(cell: Cell, gate: Gate): { forward: FunctionBuilder; back: FunctionBuilder } {
  return { forward: forward(cell, gate), back: back(cell, gate) };
}

function forward(cell: Cell, gate: Gate): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 9 }, () => 'i32' as const));
  const [gates, recalled, slopes, extraBefore, extra, before, hidden, rows, units] = f.arguments as Nine;
  const blocks = Array.from({ length: BLOCKS[cell] }, () => ({ sum: f.local('v128'), value: f.local('v128') }));
  const [recall, next] = [f.local('v128'), f.local('v128')];
  const kept = slopesOf(cell, gate);
  const opened = GATE_BLOCKS[cell].map((block) => GATES[gate](blocks[block]!.sum, f));
  const candidate = cell === 'lstm' ? 2 : BLOCKS[cell] - 1;
  const bent = arithmetic.tanh.forward(blocks[candidate]!.sum, f);
  const out = cell === 'lstm' ? arithmetic.tanh.forward(next, f) : null;
  const value = (block: number): Code => get(blocks[block]!.value);
  const widths = new Map([
    [gates, BLOCKS[cell]],
    [hidden, 1],
    ...(kept ? [[slopes, kept] as const] : []),
    ...(cell === 'gru' ? [[recalled, 3] as const, [extra, 1] as const] : []),
    ...(cell === 'lstm' ? [[extraBefore, 1] as const, [extra, 1] as const] : []),
    ...(isDirect(cell) ? [[before, 1] as const] : []),
  ]);
  overRows(f, { widths, rows, units }, ({ load, store }) => [
    ...GATE_BLOCKS[cell].flatMap((block, i) => {
      const { sum, value: opening } = blocks[block]!;
      const given = load(gates, block);
      return [
        ...set(sum, cell === 'gru' ? add(given, load(recalled, block)) : given),
        ...opened[i]!.before,
        ...set(opening, opened[i]!.value),
        ...store(gates, get(opening), block),
        ...(kept ? [...opened[i]!.also, ...store(slopes, opened[i]!.slope(opening), i)] : []),
      ];
    }),
    ...(cell === 'gru' ? [...set(recall, load(recalled, 2)), ...store(extra, get(recall))] : []),
    ...set(
      blocks[candidate]!.sum,
      cell === 'gru' ? fused(value(0), get(recall), load(gates, 2)) : load(gates, candidate),
    ),
    ...(bent.before ?? []),
    ...set(blocks[candidate]!.value, bent.value),
    ...store(gates, value(candidate), candidate),
    ...ending(cell, { load, store }, { value, next, out, places: { extraBefore, extra, before, hidden } }),
  ]);
  return f;
}

/** The new state of each unit. */
function ending(
  cell: Cell,
  { load, store }: RowAccess,
  {
    value,
    next,
    out,
    places: { extraBefore, extra, before, hidden },
  }: {
    value: (block: number) => Code;
    next: Local;
    out: { before?: Code; value: Code } | null;
    places: Record<'extraBefore' | 'extra' | 'before' | 'hidden', Local>;
  },
): Code {
  switch (cell) {
    case 'simple':
      return store(hidden, value(0));
    case 'lstm':
      return [
        ...set(next, fused(value(1), load(extraBefore), mul(value(0), value(2)))),
        ...store(extra, get(next)),
        ...(out!.before ?? []),
        ...store(hidden, mul(value(3), out!.value)),
      ];
    case 'gru':
      return store(hidden, fused(value(1), sub(load(before), value(2)), value(2)));
    case 'gated':
      return [...set(next, load(before)), ...store(hidden, fused(value(0), sub(value(1), get(next)), get(next)))];
  }
}

function back(cell: Cell, gate: Gate): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 13 }, () => 'i32' as const));
  const [gates, slopes, extraBefore, extra, before, hidden, dy, dh, dc, dz, dRecalled, rows, units] =
    f.arguments as Thirteen;
  const values = Array.from({ length: BLOCKS[cell] }, () => f.local('v128'));
  const [now, bent, above, inner, slope] = Array.from({ length: 5 }, () => f.local('v128')) as Five;
  const kept = slopesOf(cell, gate);
  const out = arithmetic.tanh.forward(now, f);
  const widths = new Map([
    [dy, 1],
    [dh, 1],
    [dz, BLOCKS[cell]],
    ...(cell === 'simple' ? [[hidden, 1] as const] : [[gates, BLOCKS[cell]] as const]),
    ...(kept ? [[slopes, kept] as const] : []),
    ...(cell === 'lstm' ? [[extraBefore, 1] as const, [extra, 1] as const, [dc, 1] as const] : []),
    ...(cell === 'gru' ? [[extra, 1] as const, [dRecalled, 3] as const] : []),
    ...(isDirect(cell) ? [[before, 1] as const] : []),
  ]);
  const value = (block: number): Code => get(values[block]!);
  const bend = (code: Code): Code => sub(of(1), mul(code, code));
  overRows(f, { widths, rows, units }, ({ load, store }) => {
    const opening = (i: number): Code => {
      const block = GATE_BLOCKS[cell][i]!;
      return kept ? load(slopes, i) : mul(value(block), sub(of(1), value(block)));
    };
    const start = [
      ...(cell === 'simple' ? [] : values.flatMap((local, block) => set(local, load(gates, block)))),
      ...set(above, add(load(dy), load(dh))),
    ];
    switch (cell) {
      case 'simple':
        return [...start, ...set(now, load(hidden)), ...store(dz, mul(get(above), bend(get(now))))];
      case 'lstm':
        return [
          ...start,
          ...set(now, load(extra)),
          ...(out.before ?? []),
          ...set(bent, out.value),
          ...set(inner, add(load(dc), mul(mul(get(above), value(3)), bend(get(bent))))),
          ...store(dz, mul(mul(get(inner), value(2)), opening(0)), 0),
          ...store(dz, mul(mul(get(inner), load(extraBefore)), opening(1)), 1),
          ...store(dz, mul(mul(get(inner), value(0)), bend(value(2))), 2),
          ...store(dz, mul(mul(get(above), get(bent)), opening(2)), 3),
          ...store(dc, mul(get(inner), value(1))),
        ];
      case 'gru':
        return [
          ...start,
          ...set(inner, mul(mul(get(above), sub(of(1), value(1))), bend(value(2)))),
          ...store(dz, get(inner), 2),
          ...store(dRecalled, mul(get(inner), value(0)), 2),
          ...set(slope, mul(mul(get(inner), load(extra)), opening(0))),
          ...store(dz, get(slope), 0),
          ...store(dRecalled, get(slope), 0),
          ...set(slope, mul(mul(get(above), sub(load(before), value(2))), opening(1))),
          ...store(dz, get(slope), 1),
          ...store(dRecalled, get(slope), 1),
          ...store(dh, mul(get(above), value(1))),
        ];
      case 'gated':
        return [
          ...start,
          ...store(dz, mul(mul(get(above), sub(value(1), load(before))), opening(0)), 0),
          ...store(dz, mul(mul(get(above), value(0)), bend(value(1))), 1),
          ...store(dh, mul(get(above), sub(of(1), value(0)))),
        ];
    }
  });
  return f;
}

type Five = [Local, Local, Local, Local, Local];
type Nine = [...Five, Local, Local, Local, Local];
type Thirteen = [...Nine, Local, Local, Local, Local];
