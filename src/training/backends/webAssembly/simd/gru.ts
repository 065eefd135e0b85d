/** One time step of a GRU for a batch; see recurrentSequence.ts. */
import { arithmetic } from './activations.js';
import { FunctionBuilder, get, set, v128, type Local } from './assembler.js';
import { overRows } from './rows.js';

const { add, mul, sub, of, fused } = v128;

/**
 * (gates [rows, 4·units], given, recalled [rows, 3·units], before, hidden [rows, units], rows, units): gates become reset,
 * update, candidate, and the candidate's product with the state.
 */
export function gruForward(): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 7 }, () => 'i32' as const));
  const [gates, given, recalled, before, hidden, rows, units] = f.arguments as Seven;
  const sums = Array.from({ length: 3 }, () => f.local('v128')) as Three;
  const [reset, update, candidate] = Array.from({ length: 3 }, () => f.local('v128')) as Three;
  const recall = f.local('v128');
  const [resetting, updating] = [sums[0], sums[1]].map((sum) => arithmetic.sigmoid.forward(sum, f));
  const bending = arithmetic.tanh.forward(sums[2], f);
  const widths = new Map([
    ...([
      [gates, 4],
      [given, 3],
      [recalled, 3],
      [before, 1],
      [hidden, 1],
    ] as const),
  ]);
  overRows(f, { widths, rows, units }, ({ load, store }) => [
    ...set(sums[0], add(load(given, 0), load(recalled, 0))),
    ...(resetting!.before ?? []),
    ...set(reset, resetting!.value),
    ...store(gates, get(reset), 0),
    ...set(sums[1], add(load(given, 1), load(recalled, 1))),
    ...(updating!.before ?? []),
    ...set(update, updating!.value),
    ...store(gates, get(update), 1),
    ...set(recall, load(recalled, 2)),
    ...store(gates, get(recall), 3),
    ...set(sums[2], fused(get(reset), get(recall), load(given, 2))),
    ...(bending.before ?? []),
    ...set(candidate, bending.value),
    ...store(gates, get(candidate), 2),
    ...store(hidden, fused(get(update), sub(load(before), get(candidate)), get(candidate))),
  ]);
  return f;
}

/**
 * (gates [rows, 4·units], before, dy, dh [rows, units], dGiven, dRecalled [rows, 3·units], rows, units): the gradients by
 * the inputs' contribution and by the product with the state. dy comes from the layer above, dh from the next step; dh is
 * overwritten with the part of the gradient that reaches the previous step directly.
 */
export function gruBack(): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 8 }, () => 'i32' as const));
  const [gates, before, dy, dh, dGiven, dRecalled, rows, units] = f.arguments as [...Seven, Local];
  const [reset, update, candidate] = Array.from({ length: 3 }, () => f.local('v128')) as Three;
  const [above, inner, slope] = Array.from({ length: 3 }, () => f.local('v128')) as Three;
  const widths = new Map([
    ...([
      [gates, 4],
      [before, 1],
      [dy, 1],
      [dh, 1],
      [dGiven, 3],
      [dRecalled, 3],
    ] as const),
  ]);
  overRows(f, { widths, rows, units }, ({ load, store }) => [
    ...[reset, update, candidate].flatMap((gate, block) => set(gate, load(gates, block))),
    ...set(above, add(load(dy), load(dh))),
    ...set(inner, mul(mul(get(above), sub(of(1), get(update))), sub(of(1), mul(get(candidate), get(candidate))))),
    ...store(dGiven, get(inner), 2),
    ...store(dRecalled, mul(get(inner), get(reset)), 2),
    ...set(slope, mul(mul(get(inner), load(gates, 3)), mul(get(reset), sub(of(1), get(reset))))),
    ...store(dGiven, get(slope), 0),
    ...store(dRecalled, get(slope), 0),
    ...set(slope, mul(mul(get(above), sub(load(before), get(candidate))), mul(get(update), sub(of(1), get(update))))),
    ...store(dGiven, get(slope), 1),
    ...store(dRecalled, get(slope), 1),
    ...store(dh, mul(get(above), get(update))),
  ]);
  return f;
}

type Three = [Local, Local, Local];
type Seven = [...Three, Local, Local, Local, Local];
