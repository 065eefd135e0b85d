/** One time step of an LSTM for a batch; see recurrentSequence.ts. */
import { arithmetic } from './activations.js';
import { FunctionBuilder, get, set, v128, type Code, type Local } from './assembler.js';
import { overRows } from './rows.js';

const { add, mul, sub, of, fused } = v128;

/**
 * (gates [rows, 4·units], recalled [rows, 4·units], before, cell, hidden [rows, units], rows, units): gates hold the
 * inputs' contribution, and are overwritten with input, forget, candidate and output.
 */
export function lstmForward(): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 7 }, () => 'i32' as const));
  const [gates, recalled, before, cell, hidden, rows, units] = f.arguments as Seven;
  const sums = Array.from({ length: 4 }, () => f.local('v128')) as Four;
  const [input, forget, candidate, output] = Array.from({ length: 4 }, () => f.local('v128')) as Four;
  const [next, bent] = [f.local('v128'), f.local('v128')];
  const shapes = [arithmetic.sigmoid, arithmetic.sigmoid, arithmetic.tanh, arithmetic.sigmoid];
  const made = shapes.map(({ forward }, block) => forward(sums[block]!, f));
  const bending = arithmetic.tanh.forward(next, f);
  const widths = widthsOf([gates, recalled], [before, cell, hidden]);
  overRows(f, { widths, rows, units }, ({ load, store }) => [
    ...[input, forget, candidate, output].flatMap((gate, block) => [
      ...set(sums[block]!, add(load(gates, block), load(recalled, block))),
      ...(made[block]!.before ?? []),
      ...set(gate, made[block]!.value),
      ...store(gates, get(gate), block),
    ]),
    ...set(next, fused(get(forget), load(before), mul(get(input), get(candidate)))),
    ...store(cell, get(next)),
    ...(bending.before ?? []),
    ...set(bent, bending.value),
    ...store(hidden, mul(get(output), get(bent))),
  ]);
  return f;
}

/**
 * (gates, dz [rows, 4·units], before, cell, dy, dh, dc [rows, units], rows, units): the gradient by the gates' inputs.
 * dy comes from the layer above, dh and dc from the next step; dc is overwritten with the gradient for the previous
 * step.
 */
export function lstmBack(): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 9 }, () => 'i32' as const));
  const [gates, dz, before, cell, dy, dh, dc, rows, units] = f.arguments as [...Seven, Local, Local];
  const [input, forget, candidate, output] = Array.from({ length: 4 }, () => f.local('v128')) as Four;
  const [now, bent, above, inner] = Array.from({ length: 4 }, () => f.local('v128')) as Four;
  const bending = arithmetic.tanh.forward(now, f);
  const widths = widthsOf([gates, dz], [before, cell, dy, dh, dc]);
  const logistic = (gate: Local): Code => mul(get(gate), sub(of(1), get(gate)));
  const bend = (value: Local): Code => sub(of(1), mul(get(value), get(value)));
  overRows(f, { widths, rows, units }, ({ load, store }) => [
    ...[input, forget, candidate, output].flatMap((gate, block) => set(gate, load(gates, block))),
    ...set(now, load(cell)),
    ...(bending.before ?? []),
    ...set(bent, bending.value),
    ...set(above, add(load(dy), load(dh))),
    ...set(inner, add(load(dc), mul(mul(get(above), get(output)), bend(bent)))),
    ...store(dz, mul(mul(get(inner), get(candidate)), logistic(input)), 0),
    ...store(dz, mul(mul(get(inner), load(before)), logistic(forget)), 1),
    ...store(dz, mul(mul(get(inner), get(input)), bend(candidate)), 2),
    ...store(dz, mul(mul(get(above), get(bent)), logistic(output)), 3),
    ...store(dc, mul(get(inner), get(forget))),
  ]);
  return f;
}

/** Arrays with four blocks in a row, and with one. */
const widthsOf = (blocks: Local[], plain: Local[]): Map<Local, number> =>
  new Map([...blocks.map((place) => [place, 4] as const), ...plain.map((place) => [place, 1] as const)]);

type Four = [Local, Local, Local, Local];
type Seven = [...Four, Local, Local, Local];
