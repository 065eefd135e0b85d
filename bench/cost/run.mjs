// Searches in which the time of a trial counts, beside the same searches without: `node bench/cost/run.mjs --help`.
import * as path from 'node:path';
import { argsOrHelp, bundle, finish, root } from '../starter.mjs';

const args = argsOrHelp(`node bench/cost/run.mjs [SAMPLER,…] [SEEDS]

Plays searches with and without "cost: time" on functions whose trials take different times, until both have spent the
same time (that of 30 random trials). Prints the geometric mean of the regrets' ratio with its 95 % interval, and the
number of trials. By default gp,tpe,auto with 10 seeds.`);
const out = path.join(root, 'out/bench-cost');
await bundle({ main: 'bench/cost/main.ts' }, out);
finish(path.join(out, 'main.cjs'), args);
