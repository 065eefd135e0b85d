/** Functions of four numbers at once, and loops that apply them to arrays. */
import { FunctionBuilder, get, i32, increase, loop, set, v128, type Code, type Local } from './assembler.js';

export type Vectors = (...inputs: Code[]) => Code[];

/**
 * (inputs…, outputs…, count, scalars…): outputs[i] = of(inputs[i]…, scalars…), in place where an output is an input.
 * `make` may store intermediate values in locals of the function it receives.
 */
export function elementwise(
  shape: { inputs: number; outputs: number; scalars?: number },
  make: (inputs: Local[], scalars: Local[], f: FunctionBuilder) => { before?: Code; outputs: Code[] },
): FunctionBuilder {
  const { inputs, outputs, scalars = 0 } = shape;
  const addresses = inputs + outputs;
  const f = new FunctionBuilder([
    ...Array.from({ length: addresses + 1 }, () => 'i32' as const),
    ...Array.from({ length: scalars }, () => 'f32' as const),
  ]);
  const places = f.arguments.slice(0, addresses);
  const count = addresses;
  const values = Array.from({ length: inputs }, () => f.local('v128'));
  const spread = Array.from({ length: scalars }, () => f.local('v128'));
  const index = f.local('i32');
  const made = make(values, spread, f);
  const body = (one: boolean): Code => [
    ...values.flatMap((value, i) => set(value, one ? v128.loadOne(get(places[i]!)) : v128.load(get(places[i]!)))),
    ...(made.before ?? []),
    ...made.outputs.flatMap((value, i) => {
      const place = get(places[inputs + i]!);
      return one ? v128.storeOne(place, value) : v128.store(place, value);
    }),
    ...places.flatMap((place) => increase(place, i32.of(one ? 4 : 16))),
  ];
  f.emit(
    ...spread.map((value, i) => set(value, v128.splat(get(addresses + 1 + i)))),
    set(index, i32.of(0)),
    loop(index, get(count), 4, body(false)),
    loop(index, get(count), 1, body(true)),
  );
  return f;
}

/**
 * e^x as 2^k·e^r with |r| ≤ ln 2 / 2. e^r is its Taylor polynomial to r⁷ (relative error below 10⁻⁷); r is x minus k·ln
 * 2 in two parts, after Cody & Waite 1980. Below −87 the result is 0 for our purposes, above 88 the largest power.
 */
export function exponential(x: Code, f: FunctionBuilder): { before: Code; value: Code } {
  const [r, k, sum] = [f.local('v128'), f.local('v128'), f.local('v128')];
  const clipped = v128.max(v128.min(x, v128.of(88)), v128.of(-87));
  const coefficients = [1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1];
  let polynomial: Code = v128.of(1 / 5040);
  for (const coefficient of coefficients) polynomial = v128.fused(polynomial, get(r), v128.of(coefficient));
  const before = [
    ...set(r, clipped),
    ...set(k, v128.floor(v128.add(v128.mul(get(r), v128.of(Math.LOG2E)), v128.of(0.5)))),
    ...set(
      r,
      v128.sub(v128.sub(get(r), v128.mul(get(k), v128.of(0.693359375))), v128.mul(get(k), v128.of(-2.1219444e-4))),
    ),
    ...set(sum, polynomial),
  ];
  // 2^k, assembled from its bits.
  const power = v128.shiftLeft(v128.addInt(v128.toInt(get(k)), v128.ofInt(127)), 23);
  return { before, value: v128.mul(get(sum), power) };
}

/**
 * sin x as (−1)^k·sin r with r = x − k·π, |r| ≤ π/2: its Taylor polynomial to r¹³ (error below 10⁻⁹); π in three parts, after
 * Cody & Waite 1980. Beyond |x| of some thousands, precision is lost as in any arithmetic of 32 bits.
 */
export function sine(x: Code, f: FunctionBuilder): { before: Code; value: Code } {
  const [r, k, square, sum] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
  const { of, sub, mul, fused } = v128;
  const coefficients = [-1 / 39916800, 1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1];
  let polynomial: Code = of(1 / 6227020800);
  for (const coefficient of coefficients) polynomial = fused(polynomial, get(square), of(coefficient));
  const part = (of_: number): Code => sub(get(r), mul(get(k), of(of_)));
  const before = [
    ...set(r, x),
    ...set(k, v128.floor(fused(get(r), of(1 / Math.PI), of(0.5)))),
    ...[3.140625, 9.675025939941406e-4, 1.5099579909783765e-7].flatMap((each) => set(r, part(each))),
    ...set(square, mul(get(r), get(r))),
    ...set(sum, mul(polynomial, get(r))),
  ];
  // The sign changes with the last bit of k.
  return { before, value: v128.xor(get(sum), v128.shiftLeft(v128.toInt(get(k)), 31)) };
}

/** (a, b, out, count): four partial sums of the products. */
export function dot(): FunctionBuilder {
  const f = new FunctionBuilder(['i32', 'i32', 'i32', 'i32']);
  const [a, b, out, count] = f.arguments as [Local, Local, Local, Local];
  const index = f.local('i32');
  const sums = [0, 1, 2, 3].map(() => f.local('v128'));
  const step = (load: (place: Code, offset: number) => Code, numbers: number, lanes: number): Code => [
    ...sums
      .slice(0, numbers)
      .flatMap((sum, i) => set(sum, v128.fused(load(get(a), 16 * i), load(get(b), 16 * i), get(sum)))),
    ...increase(a, i32.of(numbers * lanes * 4)),
    ...increase(b, i32.of(numbers * lanes * 4)),
  ];
  const [first, second, third, fourth] = sums as [Local, Local, Local, Local];
  f.emit(
    sums.flatMap((sum) => set(sum, v128.of(0))),
    set(index, i32.of(0)),
    loop(index, get(count), 16, step(v128.load, 4, 4)),
    loop(index, get(count), 1, step(v128.loadOne, 1, 1)),
    v128.store(get(out), v128.add(v128.add(get(first), get(second)), v128.add(get(third), get(fourth)))),
  );
  return f;
}

/** (rows, address, columns, out): the sum of each column of a row-major matrix. */
export function columnSums(): FunctionBuilder {
  const f = new FunctionBuilder(['i32', 'i32', 'i32', 'i32']);
  const [rows, from, columns, out] = f.arguments as [Local, Local, Local, Local];
  const [column, row, at, stride] = Array.from({ length: 4 }, () => f.local('i32')) as [Local, Local, Local, Local];
  const sum = f.local('v128');
  const body = (one: boolean): Code => [
    ...set(at, i32.add(get(from), i32.shl(get(column), i32.of(2)))),
    ...set(sum, v128.of(0)),
    ...set(row, i32.of(0)),
    ...loop(row, get(rows), 1, [
      ...set(sum, v128.add(get(sum), one ? v128.loadOne(get(at)) : v128.load(get(at)))),
      ...increase(at, get(stride)),
    ]),
    ...(one
      ? v128.storeOne(i32.add(get(out), i32.shl(get(column), i32.of(2))), get(sum))
      : v128.store(i32.add(get(out), i32.shl(get(column), i32.of(2))), get(sum))),
  ];
  f.emit(
    set(stride, i32.shl(get(columns), i32.of(2))),
    set(column, i32.of(0)),
    loop(column, get(columns), 4, body(false)),
    loop(column, get(columns), 1, body(true)),
  );
  return f;
}
