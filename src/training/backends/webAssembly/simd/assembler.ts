/**
 * Writes WebAssembly modules (core specification 2.0, chapter 5: binary format). An expression or a statement is a list
 * of bytes, so plain functions compose code and plain loops unroll loops.
 */

import { hasFused } from './fused.js';

export type Code = readonly number[];
/** Index of a local variable; parameters come first. */
export type Local = number;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value ? low | 0x80 : low);
  } while (value);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    const done = (value === 0 && !(low & 0x40)) || (value === -1 && low & 0x40);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const floatBytes = (value: number): number[] => [...new Uint8Array(new Float32Array([value]).buffer)];
const join = (...parts: Code[]): Code => parts.flat();
const vector = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];

export const get = (local: Local): Code => [0x20, ...unsigned(local)];
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local)];

const one =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, opcode];

export const i32 = {
  of: (value: number): Code => [0x41, ...signed(value)],
  add: one(0x6a),
  sub: one(0x6b),
  mul: one(0x6c),
  and: one(0x71),
  shl: one(0x74),
  lt: one(0x48),
  ge: one(0x4e),
  eq: one(0x46),
  /** Returns whether 0 ≤ a < b: negative numbers count as large ones. */
  below: one(0x49),
};

/** local ← local + value. */
export const increase = (local: Local, value: Code): Code => set(local, i32.add(get(local), value));

const memory = (opcode: Code, align: number, offset: number): Code => [...opcode, align, ...unsigned(offset)];

export const f32 = {
  add: one(0x92),
  load: (address: Code, offset = 0): Code => [...address, ...memory([0x2a], 2, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...memory([0x38], 2, offset)],
};

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const v1 =
  (opcode: number) =>
  (a: Code): Code => [...a, ...simd(opcode)];
const v2 =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...simd(opcode)];

/** Operations on four numbers at once. */
export const v128 = {
  load: (address: Code, offset = 0): Code => [...address, ...memory(simd(0x00), 2, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...memory(simd(0x0b), 2, offset)],
  /** Loads one number into all four lanes. */
  loadSplat: (address: Code, offset = 0): Code => [...address, ...memory(simd(0x09), 2, offset)],
  /** Loads one number followed by three zeros. */
  loadOne: (address: Code): Code => [...address, ...memory(simd(0x5c), 2, 0)],
  storeOne: (address: Code, value: Code): Code => [...address, ...value, ...memory(simd(0x5a), 2, 0), 0],
  /** Selects numbers of both by lane: 0 to 3 of a, 4 to 7 of b. */
  shuffle: (a: Code, b: Code, places: readonly number[]): Code => [
    ...[...a, ...b, ...simd(0x0d)],
    ...places.flatMap((place) => [0, 1, 2, 3].map((byte) => 4 * place + byte)),
  ],
  splat: v1(0x13),
  of: (value: number): Code => {
    const bytes = floatBytes(value);
    return [...simd(0x0c), ...bytes, ...bytes, ...bytes, ...bytes];
  },
  /** Makes a vector of four equal integers. */
  ofInt: (value: number): Code => {
    const bytes = [...new Uint8Array(new Int32Array([value]).buffer)];
    return [...simd(0x0c), ...bytes, ...bytes, ...bytes, ...bytes];
  },
  add: v2(0xe4),
  sub: v2(0xe5),
  mul: v2(0xe6),
  /** a·b + c, rounded once if the processor can. */
  fused: (a: Code, b: Code, c: Code): Code =>
    hasFused ? [...a, ...b, ...c, ...simd(0x105)] : [...a, ...b, ...simd(0xe6), ...c, ...simd(0xe4)],
  div: v2(0xe7),
  min: v2(0xe8),
  max: v2(0xe9),
  abs: v1(0xe0),
  neg: v1(0xe1),
  sqrt: v1(0xe3),
  floor: v1(0x68),
  gt: v2(0x44),
  lt: v2(0x43),
  and: v2(0x4e),
  /** Bits of a that are not in b. */
  andNot: v2(0x4f),
  or: v2(0x50),
  xor: v2(0x51),
  eq: v2(0x41),
  /** Selects bits of a where the mask is 1, and bits of b elsewhere. */
  select: (mask: Code, a: Code, b: Code): Code => [...a, ...b, ...mask, ...simd(0x52)],
  toInt: v1(0xf8),
  addInt: v2(0xae),
  shiftLeft: (a: Code, by: number): Code => [...a, ...i32.of(by), ...simd(0xab)],
};

export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  ...[0x04, 0x40],
  ...then,
  ...(otherwise.length ? [0x05, ...otherwise] : []),
  0x0b,
];

/** Repeats while index + reach ≤ limit: body, index += step. Starts at the current value of index. */
export const loop = (index: Local, limit: Code, step: number, body: Code): Code => [
  ...[0x02, 0x40, 0x03, 0x40],
  ...i32.lt(limit, i32.add(get(index), i32.of(step))),
  ...[0x0d, 1],
  ...body,
  ...increase(index, i32.of(step)),
  ...[0x0c, 0, 0x0b, 0x0b],
];

const TYPES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type Type = keyof typeof TYPES;

export class FunctionBuilder {
  private readonly locals: Type[] = [];
  private readonly parts: Code[] = [];

  constructor(readonly parameters: readonly Type[]) {}

  /** Indexes of the parameters. */
  get arguments(): Local[] {
    return [...this.parameters.keys()];
  }

  local(type: Type): Local {
    this.locals.push(type);
    return this.parameters.length + this.locals.length - 1;
  }

  emit(...code: Code[]): void {
    this.parts.push(...code);
  }

  get body(): Code {
    const locals = vector(this.locals.map((type) => [1, TYPES[type]]));
    const code = [...locals, ...this.parts.flat(), 0x0b];
    return [...unsigned(code.length), ...code];
  }
}

const name = (text: string): Code => vector([...Buffer.from(text)].map((byte) => [byte]));
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];

/** Assembles a module of functions without results over an imported memory, `env.memory`. */
export function assemble(functions: Record<string, FunctionBuilder>): Uint8Array<ArrayBuffer> {
  const all = Object.entries(functions);
  const types = all.map(([, { parameters }]) => [0x60, ...vector(parameters.map((type) => [TYPES[type]])), 0]);
  return Uint8Array.from(
    join(
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(types)),
      section(2, vector([[...name('env'), ...name('memory'), 0x02, 0x00, 0]])),
      section(3, vector(all.map((_, i) => unsigned(i)))),
      section(7, vector(all.map(([id], i) => [...name(id), 0x00, ...unsigned(i)]))),
      section(10, vector(all.map(([, builder]) => builder.body))),
    ),
  );
}
