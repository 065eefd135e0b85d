// A thousand short trials through Slurm: `node bench/scale/run.mjs --help`.
import { cpSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { argsOrHelp, bundle, finish, root } from '../starter.mjs';

const HELP = `node bench/scale/run.mjs [OPTION …]

Starts a Slurm of its own (slurmctld here, two slurmd in namespaces: Linux, as root, with Debian's packages slurm-wlm and
munge) and runs a search of short trials through it. Measures the overhead per trial beside the same jobs without Tunesmith, the
requests to the scheduler, the engine's memory, and the cost of a poll at the beginning and at the end. Build first:
node esbuild.mjs

  --trials N     trials of the search (1000)
  --parallel N   trials that are submitted at once (32)
  --peer N       jobs that are submitted without Tunesmith (200)
  --out FILE     writes the tables there, too
`;
const args = argsOrHelp(HELP);
const folder = path.join(root, '.cache/scale');
const dist = path.join(folder, 'dist');
mkdirSync(folder, { recursive: true });
cpSync(path.join(root, 'dist'), dist, { recursive: true });
await bundle({ scale: 'bench/scale/main.ts' }, dist);
finish(path.join(dist, 'scale.cjs'), ['--dist', dist, '--folder', folder, '--root', root, ...args]);
