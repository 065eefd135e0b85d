/** Our own WebAssembly kernels, which share the memory of TensorFlow.js's backend and therefore work on its tensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Gate } from '../../../../experiment/network/index.js';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { guardedKernel, outOfMemory, type Emscripten } from '../wasmMemory.js';
import { activationKernels, isFast, type FastActivation } from './activations.js';
import { adam, adamBack, decayed } from './adam.js';
import { assemble, type FunctionBuilder } from './assembler.js';
import { cellKernels, isDirect, keepsExtra, slopesOf, type Cell } from './cells.js';
import { columnSums, dot } from './elementwise.js';
import { scratchBytes } from './matMul.js';
import { maxPool } from './maxPool.js';
import { patches } from './patches.js';
import { transpose } from './transpose.js';
import { products } from './wide.js';

export { isDirect, isFast, keepsExtra, slopesOf, type Cell, type FastActivation };

/** A matrix in memory, row-major or (transposed) column-major: address of the first number, and strides in numbers. */
export interface Matrix {
  at: number;
  rowStride: number;
  columnStride: number;
}

export const rowMajor = (at: number, columns: number): Matrix => ({ at, rowStride: columns, columnStride: 1 });
export const transposed = ({ at, rowStride, columnStride }: Matrix): Matrix => ({
  at,
  rowStride: columnStride,
  columnStride: rowStride,
});

type Kernel = (...numbers: number[]) => void;

/** Addresses above this limit would be negative numbers. */
const MOST_BYTES = 2 ** 31;

export class Simd {
  private readonly kernels: Record<string, Kernel>;
  private readonly cells: Record<string, { forward: Kernel; back: Kernel }> = {};
  private scratch = 0;
  private scratchSize = 0;

  private constructor(
    private readonly backend: BackendWasm,
    private readonly memory: WebAssembly.Memory,
  ) {
    const own = this.compile({
      patches: patches({ add: false }),
      addPatches: patches({ add: true }),
      maxPool: maxPool({ back: false }),
      maxPoolBack: maxPool({ back: true }),
      columnSums: columnSums(),
      dot: dot(),
      transpose: transpose(),
      adam: adam(),
      adamBack: adamBack(),
      decayed: decayed(),
      ...activationKernels(),
    });
    const multiply = products(
      memory,
      (count) => this.allocate(count),
      (address) => this.free(address),
    );
    this.kernels = { ...own, ...this.guarded({ ...multiply }) };
  }

  private compile(functions: Record<string, FunctionBuilder>): Record<string, Kernel> {
    const { memory } = this;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(functions)), { env: { memory } });
    return this.guarded(exports as Record<string, Kernel>);
  }

  private guarded(kernels: Record<string, Kernel>): Record<string, Kernel> {
    return Object.fromEntries(
      Object.entries(kernels).map(([name, kernel]) => [name, guardedKernel(name, kernel, this.emscripten)]),
    );
  }

  private static readonly made = new WeakMap<BackendWasm, Simd>();

  /** Returns null when another backend is in use or its memory is not accessible. */
  static ofBackend(): Simd | null {
    if (tf.getBackend() !== 'wasm') return null;
    const backend = tf.backend() as BackendWasm;
    const memory = (backend.wasm as unknown as Emscripten).asm?.memory;
    if (!memory) return null;
    const made = Simd.made.get(backend) ?? new Simd(backend, memory);
    Simd.made.set(backend, made);
    return made;
  }

  private get emscripten(): Emscripten {
    return this.backend.wasm as unknown as Emscripten;
  }

  /** Allocates memory for `count` numbers; the caller frees it. */
  allocate(count: number): number {
    return this.bytes(Math.max(16, count * 4));
  }

  /** An address of 0 means failure and must never be written to. */
  private bytes(count: number): number {
    const address = count < MOST_BYTES ? this.emscripten._malloc(count) : 0;
    if (address > 0) return address;
    throw outOfMemory(count, this.emscripten);
  }

  free(address: number): void {
    this.emscripten._free(address);
  }

  /** Returns the numbers at an address; the view is valid until the next allocation, which may move the memory. */
  numbers(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  /** Returns the address of a tensor's numbers. */
  addressOf(tensor: tf.TensorInfo): number {
    return (this.backend as unknown as { dataIdMap: tf.DataStorage<{ memoryOffset: number }> }).dataIdMap.get(
      tensor.dataId,
    ).memoryOffset;
  }

  /** Returns a tensor's numbers, with the same restriction as `numbers`. */
  numbersOf(tensor: tf.TensorInfo): Float32Array {
    return this.numbers(this.addressOf(tensor), tf.util.sizeFromShape(tensor.shape));
  }

  /** Creates an uninitialized tensor of this backend. */
  tensor(shape: number[]): tf.TensorInfo {
    return this.backend.makeOutput(shape, 'float32');
  }

  /** Copies `count` numbers from one address to another. */
  copy(from: number, count: number, to: number): void {
    new Float32Array(this.memory.buffer).copyWithin(to / 4, from / 4, from / 4 + count);
  }

  /**
   * Computes c [rows, columns] = a [rows, inner] · b [inner, columns] + bias [columns], if there is one; c is
   * row-major.
   */
  matMul(a: Matrix, b: Matrix, c: number, rows: number, columns: number, inner: number, bias = 0): void {
    this.multiply('matMul', a, b, c, rows, columns, inner, bias);
  }

  /** Computes c [rows, columns] += a [rows, inner] · b [inner, columns]. */
  matMulAdd(a: Matrix, b: Matrix, c: number, rows: number, columns: number, inner: number): void {
    this.multiply('matMulAdd', a, b, c, rows, columns, inner, 0);
  }

  private multiply(
    kernel: 'matMul' | 'matMulAdd',
    a: Matrix,
    b: Matrix,
    ...[c, rows, columns, inner, bias]: [c: number, rows: number, columns: number, inner: number, bias: number]
  ): void {
    const turns = a.columnStride !== 1;
    this.makeScratch(scratchBytes(inner) + (turns ? rows * inner * 4 : 0));
    let { at, rowStride } = a;
    if (turns) {
      at = this.scratch + scratchBytes(inner);
      this.kernels.transpose!(a.at, inner, rows, at);
      rowStride = inner;
    }
    const right = [b.at, b.rowStride * 4, b.columnStride * 4];
    this.kernels[kernel]!(at, rowStride * 4, ...right, c, columns * 4, rows, columns, inner, bias, this.scratch);
  }

  /** Transposes [rows, columns] from one address to [columns, rows] at another. */
  transpose(from: number, rows: number, columns: number, to: number): void {
    this.kernels.transpose!(from, rows, columns, to);
  }

  /** See patches.ts. `add`: the patches are added to the image. */
  patches(image: number, shape: readonly number[], matrix: number, add: boolean): void {
    this.kernels[add ? 'addPatches' : 'patches']!(image, ...shape, matrix);
  }

  private makeScratch(bytes: number): void {
    if (bytes <= this.scratchSize) return;
    if (this.scratch) this.free(this.scratch);
    this.scratch = this.scratchSize = 0;
    this.scratch = this.bytes(bytes);
    this.scratchSize = bytes;
  }

  activate(name: FastActivation, at: number, count: number): void {
    this.kernels[name]!(at, at, count);
  }

  /** Computes dy ← dy·f′, given y = f(x). */
  activateBack(name: FastActivation, dy: number, y: number, count: number): void {
    this.kernels[`${name}Back`]!(dy, y, dy, count);
  }

  columnSums(from: number, rows: number, columns: number, out: number): void {
    this.kernels.columnSums!(rows, from, columns, out);
  }

  /** Returns Σ a·b over `count` numbers; sums of 8,192 products are added up with 64 bits. */
  dot(a: number, b: number, count: number): number {
    this.makeScratch(16);
    const block = 8192;
    let sum = 0;
    for (let i = 0; i < count; i += block) {
      this.kernels.dot!(a + 4 * i, b + 4 * i, this.scratch, Math.min(block, count - i));
      const parts = this.numbers(this.scratch, 4);
      sum += parts[0]! + parts[1]! + parts[2]! + parts[3]!;
    }
    return sum;
  }

  /** Returns the kernels of one step of a recurrent cell; see cells.ts. They are compiled when they are first needed. */
  cell(cell: Cell, gate: Gate): { forward: Kernel; back: Kernel } {
    const name = `${cell} ${gate}`;
    this.cells[name] ??= this.compile({ ...cellKernels(cell, gate) }) as { forward: Kernel; back: Kernel };
    return this.cells[name];
  }

  /** See maxPool.ts. */
  maxPool(addresses: number[], shape: number[]): void {
    this.kernels.maxPool!(...addresses, ...shape);
  }

  maxPoolBack(addresses: number[], shape: number[]): void {
    this.kernels.maxPoolBack!(...addresses, ...shape);
  }

  /** See adam.ts. */
  adam(addresses: number[], count: number, scalars: number[]): void {
    this.kernels.adam!(...addresses, count, ...scalars);
  }

  adamBack(addresses: number[], count: number, scalars: number[]): void {
    this.kernels.adamBack!(...addresses, count, ...scalars);
  }

  decayed(addresses: number[], count: number, rate: number): void {
    this.kernels.decayed!(...addresses, count, rate);
  }
}
