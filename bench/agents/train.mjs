// Trains a small network on the penguins in plain JavaScript, and prints its losses: a script that knows no tracker.
//   node train.mjs --target species --lr 0.1 --width 16 --l2 0.001 --momentum 0.9 --epochs 30 --seed 1 [--examples 40] [--noise 0.2]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const names = ['target', 'lr', 'width', 'l2', 'momentum', 'epochs', 'seed', 'examples', 'noise'];
const { values: given } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
const number = (name, value) => Number(given[name] ?? value);
const [lr, width, l2, momentum] = [number('lr', 0.01), number('width', 8), number('l2', 0), number('momentum', 0)];
const [epochs, noise] = [number('epochs', 30), number('noise', 0)];
let state = (number('seed', 1) * 2654435761 + 1) >>> 0;
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

// Rows, with words as one-hot columns and numbers scaled; the split is the same whatever the seed of the training.
const [head, ...lines] = readFileSync(new URL('penguins.csv', import.meta.url), 'utf8')
  .trim()
  .split(/\r?\n/);
const columns = head.split(',');
const rows = lines.map((line) => line.split(',')).filter((row) => row.every((cell) => cell !== '' && cell !== 'NA'));
const target = columns.indexOf(given.target);
const isWord = columns.map((_, i) => rows.some((row) => Number.isNaN(Number(row[i]))));
const wordsOf = (i) => [...new Set(rows.map((row) => row[i]))].sort();
const classes = isWord[target] ? wordsOf(target) : null;
const scaled = (i) => {
  const all = rows.map((row) => Number(row[i]));
  const mean = all.reduce((a, b) => a + b) / all.length;
  const deviation = Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length) || 1;
  return (row) => [(Number(row[i]) - mean) / deviation];
};
const encoders = columns.map((_, i) => {
  if (!isWord[i]) return scaled(i);
  const words = wordsOf(i);
  return (row) => words.map((word) => Number(row[i] === word));
});
const data = rows.map((row, order) => ({
  x: encoders.flatMap((encode, i) => (i === target ? [] : encode(row))),
  y: encoders[target](row),
  key: ((order * 48271 + 11) % 2147483647) % 997,
}));
data.sort((a, b) => a.key - b.key);
const held = data.splice(0, 80);
const kept = data.slice(0, number('examples', data.length));
for (const one of kept)
  if (random() < noise)
    one.y = classes ? one.y.map((_, i) => Number(i === Math.floor(random() * one.y.length))) : [normal()];

const [inputs, outputs] = [held[0].x.length, held[0].y.length];
const matrix = (m, n) =>
  Array.from({ length: m }, () => Float64Array.from({ length: n }, () => normal() * Math.sqrt(2 / n)));
const layers = [
  [matrix(width, inputs), new Float64Array(width)],
  [matrix(outputs, width), new Float64Array(outputs)],
];
const speeds = layers.map(([w, b]) => [w.map((row) => new Float64Array(row.length)), new Float64Array(b.length)]);
const times = ([w, b], x) => w.map((row, i) => row.reduce((sum, each, j) => sum + each * x[j], b[i]));
const softmax = (z) => {
  const most = Math.max(...z);
  const e = z.map((each) => Math.exp(each - most));
  const sum = e.reduce((a, b) => a + b);
  return e.map((each) => each / sum);
};
const forward = (x) => {
  const hidden = times(layers[0], x).map((z) => Math.max(0, z));
  const z = times(layers[1], hidden);
  return { hidden, out: classes ? softmax(z) : z };
};
const lossOf = (out, y) =>
  classes
    ? -Math.log(
        Math.max(
          1e-12,
          out.reduce((sum, p, i) => sum + p * y[i], 0),
        ),
      )
    : (out[0] - y[0]) ** 2;
const move = (layer, i, delta, x) => {
  const [w, b] = layers[layer];
  const [vw, vb] = speeds[layer];
  for (let j = 0; j < x.length; j++) {
    vw[i][j] = momentum * vw[i][j] - lr * (delta * x[j] + l2 * w[i][j]);
    w[i][j] += vw[i][j];
  }
  vb[i] = momentum * vb[i] - lr * delta;
  b[i] += vb[i];
};

for (let epoch = 0; epoch < epochs; epoch++) {
  let total = 0;
  for (let n = 0; n < kept.length; n++) {
    const { x, y } = kept[Math.floor(random() * kept.length)];
    const { hidden, out } = forward(x);
    total += lossOf(out, y);
    const top = out.map((o, i) => (o - y[i]) * (classes ? 1 : 2));
    const back = hidden.map((h, j) => (h > 0 ? top.reduce((sum, d, i) => sum + d * layers[1][0][i][j], 0) : 0));
    top.forEach((d, i) => move(1, i, d, hidden));
    back.forEach((d, j) => d !== 0 && move(0, j, d, x));
  }
  const loss = held.reduce((sum, { x, y }) => sum + lossOf(forward(x).out, y), 0) / held.length;
  console.log(`epoch ${epoch} train_loss ${(total / kept.length).toFixed(5)} val_loss ${loss.toPrecision(6)}`);
}
