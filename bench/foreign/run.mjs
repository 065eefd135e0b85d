// Imports a million points of TensorBoard beside TensorBoard's own Python reader:
// `node bench/foreign/run.mjs [--python PYTHON] [--points N] [--times N]`; PYTHON has tensorboard installed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { bundle, root } from '../starter.mjs';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    points: { type: 'string', default: '1000000' },
    times: { type: 'string', default: '3' },
  },
});
const out = path.join(root, 'out/bench-foreign');
await bundle({ main: 'bench/foreign/main.ts' }, out);
const program = path.join(out, 'main.cjs');
const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-events-'));
const run = (file, ...args) => execFileSync(file, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
const peer = (...args) => run(values.python, path.join(root, 'bench/foreign/peer.py'), ...args);
const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1];
try {
  peer('write', folder, values.points);
  const ours = [];
  const theirs = [];
  for (let i = 0; i < Number(values.times); i++) {
    ours.push(JSON.parse(run(process.execPath, program, folder)));
    const [points, seconds] = peer('read', folder).trim().split(' ').map(Number);
    if (points !== ours[i].points) throw new Error(`TensorBoard read ${points} points, we ${ours[i].points}`);
    theirs.push(seconds);
  }
  const tensorboard = median(theirs);
  const rows = ['read', 'import'].map((what) => {
    const tunesmith = median(ours.map((each) => each[what]));
    return { what, tunesmith, tensorboard, ratio: tensorboard / tunesmith };
  });
  console.log(`${ours[0].points} points, medians of ${values.times}, seconds`);
  console.table(rows.map((row) => ({ ...row, ratio: `${row.ratio.toFixed(1)}x` })));
} finally {
  rmSync(folder, { recursive: true });
}
