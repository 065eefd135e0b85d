/**
 * Matrix products with registers of 256 bits. WebAssembly has vectors of 128 bits, but V8 can join pairs of them if a flag is
 * set while a module is compiled (`--experimental-wasm-revectorize`, on x64 processors with AVX2). The joined code does the
 * same operations on the same numbers in the same order, so no result depends on it.
 */
import { setFlagsFromString } from 'node:v8';
import { assemble } from './assembler.js';
import { matMul, NARROW, scratchBytes, WIDE } from './matMul.js';

type Kernel = (...numbers: number[]) => void;
/** Both products. */
export type Products = Record<'matMul' | 'matMulAdd', Kernel>;

/** Code is optimized at once, because the flag counts then, not when code is first compiled. */
const AT_ONCE = ['--no-liftoff', '--no-wasm-lazy-compilation'];
const USUAL = ['--liftoff', '--wasm-lazy-compilation'];

/** Product that is large enough to time: 32 × 64 × 96, with a remainder of rows, columns and steps. */
const SHAPE = { rows: 33, columns: 70, inner: 97 };
const ROUNDS = 12;
/** Wide products must be faster by this factor, else the engine did not join the vectors. */
const GAIN = 1.15;

/**
 * Returns the products of this engine: with registers of 256 bits if those are faster and give the same numbers. `allocate` gives
 * the address of so many numbers of the memory, and `free` takes it back.
 */
export function products(
  memory: WebAssembly.Memory,
  allocate: (numbers: number) => number,
  free: (address: number) => void,
): Products {
  const narrow = compile(memory, NARROW, false);
  if (!canJoin()) return narrow;
  const wide = compile(memory, WIDE, true);
  const { rows, columns, inner } = SHAPE;
  const sizes = [rows * inner, inner * columns, rows * columns, rows * columns, columns, scratchBytes(inner) / 4];
  const places = sizes.map(allocate) as [number, number, number, number, number, number];
  const [a, b, mine, theirs, bias, scratch] = places;
  const numbers = (at: number, count: number) => new Float32Array(memory.buffer, at, count);
  const run = (kernel: Kernel, c: number) =>
    kernel(a, 4 * inner, b, 4 * columns, 4, c, 4 * columns, rows, columns, inner, bias, scratch);
  const time = (kernel: Kernel, c: number) => {
    const began = performance.now();
    run(kernel, c);
    return performance.now() - began;
  };
  try {
    for (const [i, at] of places.entries()) {
      const values = numbers(at, sizes[i]!);
      for (let j = 0; j < values.length; j++) values[j] = Math.sin(j + i);
    }
    const times = { narrow: Infinity, wide: Infinity };
    for (let round = 0; round < ROUNDS; round++) {
      times.narrow = Math.min(times.narrow, time(narrow.matMul, theirs));
      times.wide = Math.min(times.wide, time(wide.matMul, mine));
    }
    for (const [kernel, c] of [
      [narrow.matMulAdd, theirs],
      [wide.matMulAdd, mine],
    ] as const) {
      run(kernel, c);
    }
    const expected = numbers(theirs, rows * columns);
    const same = numbers(mine, rows * columns).every((value, i) => value === expected[i]);
    return same && times.wide * GAIN < times.narrow ? wide : narrow;
  } finally {
    for (const at of places) free(at);
  }
}

/** Returns whether the engine knows the flag. One that does not would print a complaint; Electron does not say. */
function canJoin(): boolean {
  const { variables } = process.config as unknown as { variables?: Record<string, unknown> };
  return process.arch === 'x64' && Boolean(variables?.v8_enable_wasm_simd256_revec);
}

function compile(memory: WebAssembly.Memory, columns: number, joins: boolean): Products {
  const code = assemble({ matMul: matMul({ add: false, columns }), matMulAdd: matMul({ add: true, columns }) });
  const flag = 'experimental-wasm-revectorize';
  try {
    for (const each of [...AT_ONCE, ...(joins ? [`--${flag}`] : [])]) setFlagsFromString(each);
    return new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports as unknown as Products;
  } finally {
    for (const each of [...USUAL, ...(joins ? [`--no-${flag}`] : [])]) setFlagsFromString(each);
  }
}
