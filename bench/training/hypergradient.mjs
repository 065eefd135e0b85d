// Hypergradients beside plain steps, random search and auto: `node bench/training/hypergradient.mjs --help`.
import * as path from 'node:path';
import { argsOrHelp, bundle, copyWasm, finish, root, TRAINER } from '../starter.mjs';

const HELP = `node bench/training/hypergradient.mjs [OPTION …]

What a step with hypergradients costs beside a plain one; and one tuned training beside random search and auto in the same time.

  --backend ID    (wasm)
  --seeds N       (3)
  --epochs N      of each training (30)
  --rounds N      of which the cost is the median (5)
`;
const args = argsOrHelp(HELP);
const out = path.join(root, 'out/bench-training');
await bundle({ hypergradient: 'bench/training/hypergradient.ts' }, out, TRAINER);
copyWasm(out);
finish(path.join(out, 'hypergradient.cjs'), args);
