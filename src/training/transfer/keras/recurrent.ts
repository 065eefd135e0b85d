/** Converts recurrent layers of Keras. */
import { swapBlocks } from '../../layers/gruBlocks.js';
import type { Converted } from '../chain.js';
import type { Arrays } from './arrays.js';
import type { Settings } from './config.js';
import { said } from '../../../format/said.js';

/** Number of blocks of units that a cell computes at once. */
const BLOCKS = { simple: 1, lstm: 4, gru: 3 } as const;

/** `ways`: arrays of one direction, or of two. */
export function recurrent(cell: keyof typeof BLOCKS, settings: Settings, ways: Arrays[]): Converted {
  settings.only('activation', 'tanh');
  settings.only('recurrent_activation', 'sigmoid');
  settings.only('go_backwards', false);
  settings.only('stateful', false);
  settings.only('return_state', false);
  settings.only('use_bias', true);
  if (cell === 'gru' && !settings.flag('reset_after', true)) {
    settings.refuse(
      said('is a GRU with its reset gate before the product with the state (reset_after: false); ours is after it'),
    );
  }
  const units = settings.whole('units');
  const width = BLOCKS[cell] * units;
  const weights = ways.flatMap((arrays, i): Converted['weights'] => {
    const way = i === 0 ? 'forward' : 'backward';
    const input = arrays.take(null, width);
    const state = arrays.take(units, width);
    if (cell !== 'gru')
      return [
        [`${way}/input`, input],
        [`${way}/state`, state],
        [`${way}/bias`, arrays.take(width)],
      ];
    // Keras orders the blocks update, reset, candidate; its second row of biases belongs to the product with the state.
    const { values } = arrays.take(2, width);
    const bias = swapBlocks(values.slice(0, width), units, width);
    const second = swapBlocks(values.slice(width), units, width);
    // Biases of the gates are added up; the candidate's are apart.
    for (let j = 0; j < 2 * units; j++) bias[j]! += second[j]!;
    return [
      [`${way}/input`, { ...input, values: swapBlocks(input.values, units, width) }],
      [`${way}/state`, { ...state, values: swapBlocks(state.values, units, width) }],
      [`${way}/bias`, { shape: [width], values: bias }],
      [`${way}/stateBias`, { shape: [units], values: second.slice(2 * units) }],
    ];
  });
  const layer = {
    type: 'recurrent' as const,
    cell,
    units,
    gate: 'sigmoid' as const,
    sequences: settings.flag('return_sequences', false),
    bidirectional: ways.length > 1,
  };
  return { layer, weights };
}
