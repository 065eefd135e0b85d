/** One time step of an LSTM for a batch; see lstmSequence.ts. */
import { arithmetic } from './activations.js';
import { FunctionBuilder, get, i32, increase, loop, set, v128, type Code, type Local } from './assembler.js';

const { add, mul, sub, of } = v128;

/** Loops over rows of `units` numbers. `blocks` are arrays with four such blocks per row, `plain` ones with one. */
function overRows(
  f: FunctionBuilder,
  places: { blocks: Local[]; plain: Local[]; rows: Local; units: Local },
  body: (access: {
    load(place: Local, block?: number): Code;
    store(place: Local, value: Code, block?: number): Code;
  }) => Code,
): void {
  const { blocks, plain, rows, units } = places;
  const [row, unit, bytes] = Array.from({ length: 3 }, () => f.local('i32')) as [Local, Local, Local];
  const at = (place: Local, block: number): Code => i32.add(get(place), i32.mul(get(bytes), i32.of(block)));
  const step = (one: boolean): Code => [
    ...body({
      load: (place, block = 0) => (one ? v128.loadOne(at(place, block)) : v128.load(at(place, block))),
      store: (place, value, block = 0) =>
        one ? v128.storeOne(at(place, block), value) : v128.store(at(place, block), value),
    }),
    ...[...blocks, ...plain].flatMap((place) => increase(place, i32.of(one ? 4 : 16))),
  ];
  f.emit(
    set(bytes, i32.shl(get(units), i32.of(2))),
    set(row, i32.of(0)),
    loop(row, get(rows), 1, [
      ...set(unit, i32.of(0)),
      ...loop(unit, get(units), 4, step(false)),
      ...loop(unit, get(units), 1, step(true)),
      ...blocks.flatMap((place) => increase(place, i32.mul(get(bytes), i32.of(3)))),
    ]),
  );
}

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
  const places = { blocks: [gates, recalled], plain: [before, cell, hidden], rows, units };
  overRows(f, places, ({ load, store }) => [
    ...[input, forget, candidate, output].flatMap((gate, block) => [
      ...set(sums[block]!, add(load(gates, block), load(recalled, block))),
      ...(made[block]!.before ?? []),
      ...set(gate, made[block]!.value),
      ...store(gates, get(gate), block),
    ]),
    ...set(next, add(mul(get(forget), load(before)), mul(get(input), get(candidate)))),
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
  const places = { blocks: [gates, dz], plain: [before, cell, dy, dh, dc], rows, units };
  const logistic = (gate: Local): Code => mul(get(gate), sub(of(1), get(gate)));
  const bend = (value: Local): Code => sub(of(1), mul(get(value), get(value)));
  overRows(f, places, ({ load, store }) => [
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

type Four = [Local, Local, Local, Local];
type Seven = [...Four, Local, Local, Local];
