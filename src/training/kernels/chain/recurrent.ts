/** Recurrent layers as links of a chain: inputs and outputs are [time, features] for each example. */
import { runSequence, runSequenceBack, type SequenceShape } from '../../backends/webAssembly/sequences.js';
import { keepsExtra, rowMajor, slopesOf, transposed, type Simd } from '../../backends/webAssembly/simd/index.js';
import type { RecurrentForm } from '../../layers/types.js';
import type { Link } from './types.js';

/** The weights are offsets in θ. */
export function recurrentLink(settings: RecurrentForm<number>): Link {
  const { cell, gate, units, blocks, time, features, sequences, ways } = settings;
  const slopes = slopesOf(cell, gate);
  const all = units * ways.length;
  /** Numbers that each direction keeps of each time step: inputs, gates, slopes, extra and hidden. */
  const parts = [features, blocks * units, slopes * units, keepsExtra(cell) ? units : 0, units];
  const each = parts.reduce((a, b) => a + b, 0) * time;
  const shapeOf = (batch: number): SequenceShape => ({ cell, gate, time, batch, units, blocks, slopes });

  /** Addresses of what a direction keeps. */
  const keptAt = (kept: number, way: number, count: number) => {
    let at = kept + 4 * each * count * way;
    return parts.map((numbers) => {
      const here = at;
      at += 4 * numbers * time * count;
      return here;
    }) as [number, number, number, number, number];
  };
  /**
   * Copies between [batch, time, width] at `image`, of which `length` numbers from `offset` on count, and [time, batch, length]
   * at `byTime`; the backward direction begins with the last step.
   */
  const turn = (
    simd: Simd,
    {
      image,
      width,
      offset,
      length,
      way,
    }: { image: number; width: number; offset: number; length: number; way: number },
    { byTime, count, into }: { byTime: number; count: number; into: 'byTime' | 'image' },
  ): void => {
    const down = 4 * width * (way === 0 ? 1 : -1);
    const first = image + 4 * offset + (way === 0 ? 0 : 4 * width * (time - 1));
    simd.patches(first, [time, count, 0, down, 4 * width * time, 1, length], byTime, into === 'image');
  };
  /** The same for the last states: [batch, all] and [batch, units]. */
  const turnLast = (simd: Simd, image: number, way: number, states: number, count: number, isInto: boolean): void =>
    simd.patches(image + 4 * units * way, [1, count, 0, 0, 4 * all, 1, units], states, isInto);

  return {
    width: sequences ? time * all : all,
    kept: each * ways.length,
    weights: ways.length * blocks * units * (features + units + 1) + (cell === 'gru' ? ways.length * units : 0),
    forward(simd, { count, from, to, kept, theta }) {
      simd.numbers(to, count * (sequences ? time * all : all)).fill(0);
      ways.forEach(({ input, state, bias, stateBias }, way) => {
        const [x, gates, keptSlopes, extra, hidden] = keptAt(kept, way, count);
        const image = { image: from, width: features, offset: 0, length: features, way };
        turn(simd, image, { byTime: x, count, into: 'byTime' });
        // The inputs' part does not depend on the state, so one product covers all time steps.
        const weights = rowMajor(theta + 4 * input, blocks * units);
        simd.matMul(rowMajor(x, features), weights, gates, time * count, blocks * units, features, theta + 4 * bias);
        const places = { gates, slopes: keptSlopes, extra, hidden, state: theta + 4 * state };
        runSequence(simd, shapeOf(count), { ...places, stateBias: theta + 4 * (stateBias ?? 0) });
        const output = { image: to, width: all, offset: units * way, length: units, way };
        if (sequences) turn(simd, output, { byTime: hidden, count, into: 'image' });
        else turnLast(simd, to, way, hidden + 4 * count * units * (time - 1), count, true);
      });
    },
    back(simd, { count, kept, theta, slope, dy, dx }) {
      const width = blocks * units;
      const rows = time * count;
      const states = simd.allocate((sequences ? rows : count) * units);
      const given = simd.allocate(rows * width);
      const inputs = dx ? simd.allocate(rows * features) : 0;
      try {
        if (dx) simd.numbers(dx, rows * features).fill(0);
        ways.forEach(({ input, state, bias, stateBias }, way) => {
          const [x, gates, keptSlopes, extra, hidden] = keptAt(kept, way, count);
          const output = { image: dy, width: all, offset: units * way, length: units, way };
          if (sequences) turn(simd, output, { byTime: states, count, into: 'byTime' });
          else turnLast(simd, dy, way, states, count, false);
          runSequenceBack(
            simd,
            shapeOf(count),
            {
              ...{ gates, slopes: keptSlopes, extra, hidden },
              ...{ state: theta + 4 * state, stateBias: theta + 4 * (stateBias ?? 0) },
            },
            (t) => (sequences ? states + 4 * count * units * t : t === time - 1 ? states : 0),
            { given, state: slope + 4 * state, stateBias: slope + 4 * (stateBias ?? 0) },
          );
          const dz = rowMajor(given, width);
          simd.matMul(transposed(rowMajor(x, features)), dz, slope + 4 * input, features, width, rows);
          simd.columnSums(given, rows, width, slope + 4 * bias);
          if (!dx) return;
          simd.matMul(dz, transposed(rowMajor(theta + 4 * input, width)), inputs, rows, features, width);
          const image = { image: dx, width: features, offset: 0, length: features, way };
          turn(simd, image, { byTime: inputs, count, into: 'image' });
        });
      } finally {
        for (const address of [states, given, inputs]) if (address) simd.free(address);
      }
    },
  };
}
