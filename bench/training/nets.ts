/** The networks that are measured; pytorch.py has the same ones. Data are random: only the work counts. */
export interface Net {
  title: string;
  /** Description for the report. */
  text: string;
  inputShape: number[];
  batch: number;
  layers: unknown[];
}

const relu = 'relu';
const conv = (filters: number) => [
  { conv: { filters, kernel: 3, padding: 'same' } },
  'batchNorm',
  { activation: relu },
];

export const NETS: Record<string, Net> = {
  cnn: {
    title: 'CNN',
    text: 'the textbook CNN: conv 5×5×32, pool, conv 5×5×64, pool, 1024, dropout ½, 10; batches of 100 images of 28×28',
    inputShape: [28, 28, 1],
    batch: 100,
    layers: [
      { conv: { filters: 32, kernel: 5, padding: 'same', activation: relu } },
      { pool: 2 },
      { conv: { filters: 64, kernel: 5, padding: 'same', activation: relu } },
      { pool: 2 },
      'flatten',
      { dense: { units: 1024, activation: relu } },
      { dropout: 0.5 },
      { dense: 10 },
    ],
  },
  valid: {
    title: 'CNN without padding',
    text:
      'conv 5×5×32, pool, conv 5×5×64, pool, 1024, dropout ½, 10, convolutions where the window fits: a third of the ' +
      'work of the one above; batches of 100 images of 28×28',
    inputShape: [28, 28, 1],
    batch: 100,
    layers: [
      { conv: { filters: 32, kernel: 5, activation: relu } },
      { pool: 2 },
      { conv: { filters: 64, kernel: 5, activation: relu } },
      { pool: 2 },
      'flatten',
      { dense: { units: 1024, activation: relu } },
      { dropout: 0.5 },
      { dense: 10 },
    ],
  },
  mlp: {
    title: 'MLP',
    text: 'dense 64 and 64 with ReLU, 10; batches of 32 examples of 64 numbers',
    inputShape: [64],
    batch: 32,
    layers: [{ dense: { units: 64, activation: relu } }, { dense: { units: 64, activation: relu } }, { dense: 10 }],
  },
  lstm: {
    title: 'LSTM',
    text: 'LSTM of 64 units over 28 steps of 28 numbers, 10; batches of 32',
    inputShape: [28, 28],
    batch: 32,
    layers: [{ recurrent: { cell: 'lstm', units: 64 } }, { dense: 10 }],
  },
  gru: {
    title: 'GRU',
    text: 'GRU of 64 units over 28 steps of 28 numbers, 10; batches of 32',
    inputShape: [28, 28],
    batch: 32,
    layers: [{ recurrent: { cell: 'gru', units: 64 } }, { dense: 10 }],
  },
  norm: {
    title: 'CNN with batch normalization',
    text:
      'twice (conv 3×3×32, 32, pool, dropout 0.2), the second time with 64; 256, dropout 0.3, 10; batch normalization ' +
      'and ReLU after each; batches of 100 images of 28×28',
    inputShape: [28, 28, 1],
    batch: 100,
    layers: [
      ...[...conv(32), ...conv(32), { pool: 2 }, { dropout: 0.2 }],
      ...[...conv(64), ...conv(64), { pool: 2 }, { dropout: 0.2 }],
      ...['flatten', { dense: 256 }, 'batchNorm', { activation: relu }, { dropout: 0.3 }, { dense: 10 }],
    ],
  },
};
