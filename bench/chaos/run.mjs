// Random kills over runs and searches: `node bench/chaos/run.mjs --help`.
import { cpSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { argsOrHelp, bundle, finish, root } from '../starter.mjs';

const HELP = `node bench/chaos/run.mjs [OPTION …]

Kills engines, supervisors, programs and clients at random over runs and searches with the TypeScript client, the Python
client and a program that appends to its journal, on two hosts that share one folder (the second one in namespaces of its
own: Linux, as root). Compares what is stored with what was acknowledged. Build first: node esbuild.mjs

  --kills N      how many (1000)
  --slurm        runs are jobs of a Slurm of its own, whose daemons are killed, too
  --seed N       of the random order (1)
  --python PATH  python3
  --out FILE     writes the table there, too
`;
const args = argsOrHelp(HELP);
const folder = path.join(root, '.cache/chaos');
const dist = path.join(folder, 'dist');
mkdirSync(folder, { recursive: true });
cpSync(path.join(root, 'dist'), dist, { recursive: true });
cpSync(path.join(root, 'python'), path.join(folder, 'python'), { recursive: true });
await bundle({ chaos: 'bench/chaos/main.ts', 'chaos-host': 'bench/chaos/host.ts' }, dist);
finish(path.join(dist, 'chaos.cjs'), ['--dist', dist, '--folder', folder, '--root', root, ...args]);
