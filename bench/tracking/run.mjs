// Measures the line from journal to screen: `node bench/tracking/run.mjs --help`.
import * as path from 'node:path';
import { argsOrHelp, bundle, finish, root } from '../starter.mjs';

const HELP = `node bench/tracking/run.mjs [OPTION …]

Measures how the engine takes in what runs log, how soon a run's first point is at a client, how soon it
answers when its index is lost, how many trials a second a search
does beside Optuna, how much of the disk a point takes, and what log() costs beside TensorBoard, W&B, Trackio and MLflow. Linux only. Build first: node esbuild.mjs

  --dist FOLDER     the bundles to measure (dist); give it twice to compare two builds in turns
  --python PATH     has the other trackers; without it, an environment with them is made below out/
  --only NAME,…     of: line, first, rebuild, many, trials, disk, log
  --match TEXT      only the rows of the tables of frames and of trials that have this in their name
  --rounds N        how often each is measured (1)
  --profile FOLDER  writes a V8 CPU profile of each engine
  --out FILE        writes the tables there, too
`;
const args = argsOrHelp(HELP);
const out = path.join(root, 'out/bench-tracking');
await bundle({ main: 'bench/tracking/main.ts' }, out, { target: 'node22' });
finish(path.join(out, 'main.cjs'), ['--root', root, ...args]);
