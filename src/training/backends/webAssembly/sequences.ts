/**
 * Recurrent cells over whole sequences at addresses of WebAssembly's memory, by time: [time, batch, …]. Each step is one matrix
 * product with the state and one kernel for all gates.
 */
import type { Gate } from '../../../experiment/network/index.js';
import { isDirect, rowMajor, transposed, type Cell, type Simd } from './simd/index.js';

const BYTES = 4;

export interface SequenceShape {
  cell: Cell;
  gate: Gate;
  time: number;
  batch: number;
  units: number;
  /** Blocks of units that a step computes. */
  blocks: number;
  /** Slopes that are kept for each unit; see `slopesOf`. */
  slopes: number;
}

/** Addresses of what a forward pass writes and a backward pass reads. */
export interface Sequence {
  /** [time, batch, blocks·units]: holds the inputs' part before the forward pass, and the gates' values after it. */
  gates: number;
  /** [time, batch, slopes·units]; 0: none. */
  slopes: number;
  /** [time, batch, units]: an LSTM's memory, or a GRU's product of state and candidate; 0: none. */
  extra: number;
  /** [time, batch, units]. */
  hidden: number;
  /** [units, blocks·units]. */
  state: number;
  /** [units], of a GRU. */
  stateBias: number;
}

export function runSequence(simd: Simd, shape: SequenceShape, places: Sequence): void {
  const { cell, gate, time, batch, units, blocks, slopes } = shape;
  const { gates, extra, hidden, state, stateBias } = places;
  const size = batch * units;
  const isGru = cell === 'gru';
  const kernel = simd.cell(cell, gate).forward;
  const weights = rowMajor(state, blocks * units);
  const nothing = simd.allocate(size);
  const bias = isGru ? simd.allocate(3 * units) : 0;
  const recalled = isGru ? simd.allocate(3 * size) : 0;
  try {
    simd.numbers(nothing, size).fill(0);
    if (isGru) {
      simd.numbers(bias, 2 * units).fill(0);
      simd.copy(stateBias, units, bias + BYTES * 2 * units);
      for (let row = 0; row < batch; row++) simd.copy(bias, 3 * units, recalled + BYTES * 3 * units * row);
    }
    for (let t = 0; t < time; t++) {
      const at = (address: number, width: number) => address + BYTES * size * width * t;
      const before = (address: number) => (t === 0 ? nothing : at(address, 1) - BYTES * size);
      const states = rowMajor(before(hidden), units);
      if (t > 0 && isGru) simd.matMul(states, weights, recalled, batch, 3 * units, units, bias);
      else if (t > 0) simd.matMulAdd(states, weights, at(gates, blocks), batch, blocks * units, units);
      const [now, kept] = [at(gates, blocks), at(places.slopes, slopes)];
      kernel(now, recalled, kept, before(extra), at(extra, 1), before(hidden), at(hidden, 1), batch, units);
    }
  } finally {
    for (const address of [nothing, bias, recalled]) if (address) simd.free(address);
  }
}

/** Addresses of what a backward pass writes. */
export interface SequenceSlopes {
  /** [time, batch, blocks·units]: gradient by the inputs' part. */
  given: number;
  /** [units, blocks·units]. */
  state: number;
  /** [units], of a GRU. */
  stateBias: number;
}

/** `dy` gives the address of the gradient by a step's hidden state; 0: there is none. */
export function runSequenceBack(
  simd: Simd,
  shape: SequenceShape,
  places: Sequence,
  dy: (t: number) => number,
  into: SequenceSlopes,
): void {
  const { cell, gate, time, batch, units, blocks, slopes } = shape;
  const { gates, extra, hidden, state } = places;
  const size = batch * units;
  const width = blocks * units;
  const kernel = simd.cell(cell, gate).back;
  const isGru = cell === 'gru';
  const [nothing, dh, dc] = [simd.allocate(size), simd.allocate(size), simd.allocate(size)];
  // Transposed once: each step multiplies by it.
  const turned = simd.allocate(units * width);
  const dRecalled = isGru ? simd.allocate(time * batch * width) : 0;
  const sums = isGru ? simd.allocate(width) : 0;
  try {
    for (const address of [nothing, dh, dc]) simd.numbers(address, size).fill(0);
    simd.transpose(state, units, width, turned);
    /** Gradient by what was multiplied with the state: a GRU's differs from the one by the inputs. */
    const products = isGru ? dRecalled : into.given;
    for (let t = time - 1; t >= 0; t--) {
      const at = (address: number, each: number) => address + BYTES * size * each * t;
      const before = (address: number) => (t === 0 ? nothing : at(address, 1) - BYTES * size);
      const [now, kept] = [at(gates, blocks), at(places.slopes, slopes)];
      kernel(
        ...[now, kept, before(extra), at(extra, 1), before(hidden), at(hidden, 1)],
        ...[dy(t) || nothing, dh, dc, at(into.given, blocks), at(dRecalled, blocks), batch, units],
      );
      if (t === 0) break;
      const given = rowMajor(at(products, blocks), width);
      if (isDirect(cell)) simd.matMulAdd(given, rowMajor(turned, units), dh, batch, units, width);
      else simd.matMul(given, rowMajor(turned, units), dh, batch, units, width);
    }
    // Each step's hidden state was multiplied in the next step; one product covers all of them.
    const later = rowMajor(products + BYTES * batch * width, width);
    simd.matMul(transposed(rowMajor(hidden, units)), later, into.state, units, width, (time - 1) * batch);
    if (isGru) {
      simd.columnSums(dRecalled, time * batch, width, sums);
      simd.copy(sums + BYTES * 2 * units, units, into.stateBias);
    }
  } finally {
    for (const address of [nothing, dh, dc, turned, dRecalled, sums]) if (address) simd.free(address);
  }
}
