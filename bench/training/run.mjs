// PyTorch and our trainer on the same networks: `node bench/training/run.mjs --help`.
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { argsOrHelp, bundle, copyWasm, finish, root, TRAINER } from '../starter.mjs';

const HELP = `node bench/training/run.mjs [OPTION …]

Samples a second of the trainer's networks on every backend that works here, beside PyTorch's on the processor: the same
networks, batches, optimizer and figures read, in turns. And how long a trial takes from its start to its first step.
The report is docs/benchmarks/training.md.

  --python PATH      a Python that has torch (python3); without torch the report goes without the comparison
  --nets A,B         of cnn, valid, mlp, lstm, gru, norm; all
  --backends A,B     such as wasm,tensorflow-python; all that work
  --rounds N         turns (5); the best of each counts
  --seconds N        of each turn (1)
  --threads N        of native TensorFlow and of PyTorch, which is measured with one thread, too; all cores
  --no-start         leaves out the start of a trial
  --no-report        only prints
`;
const args = argsOrHelp(HELP);
const out = path.join(root, 'out/bench-training');
mkdirSync(path.join(root, 'docs/benchmarks'), { recursive: true });
const shipped = { minify: true, keepNames: true, ...TRAINER };
await bundle({ main: 'bench/training/main.ts' }, out, { keepNames: true, define: TRAINER.define });
await bundle({ worker: 'bench/training/worker.ts', trainer: 'src/training/main.ts' }, out, shipped);
copyWasm(out);
const env = { ...process.env, BENCH_ROOT: root, BENCH_OUT: out };
finish(path.join(out, 'main.cjs'), args, { env });
