/**
 * Detects fused multiply-add (WebAssembly's relaxed SIMD, `f32x4.relaxed_madd`), which does in one instruction what takes two
 * without it. V8 has it since version 11.4; Node 20 has it behind a flag that can be set before the first module is compiled.
 */
import { setFlagsFromString } from 'node:v8';

const FLAG = '--experimental-wasm-relaxed-simd';
/** Module with a function `(a, b, c) → lane 0 of relaxed_madd(a, b, c)`, each spread over four lanes. */
const PROBE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 1, 0x60, 3, 0x7d, 0x7d, 0x7d, 1, 0x7d],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0],
  ...[10, 22, 1, 20, 0],
  ...[0x20, 0, 0xfd, 0x13, 0x20, 1, 0xfd, 0x13, 0x20, 2, 0xfd, 0x13],
  ...[0xfd, 0x85, 0x02, 0xfd, 0x1f, 0, 0x0b],
]);

/** True if a·b + c can be one instruction. Its result is rounded once where the processor has it, else twice. */
export const hasFused = detect();

function detect(): boolean {
  try {
    if (!WebAssembly.validate(PROBE)) setFlagsFromString(FLAG);
    if (!WebAssembly.validate(PROBE)) return false;
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(PROBE)).exports as {
      f: (a: number, b: number, c: number) => number;
    };
    // Drafts of the instruction had its operands in another order.
    return f(2, 3, 5) === 11;
  } catch {
    return false;
  }
}
