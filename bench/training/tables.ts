/** Trains the default network on each table and writes the report beside scikit-learn's scores. Started by tables.mjs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateNetwork } from '../../src/experiment/network/index.js';
import { backendById, startBackend } from '../../src/training/backends/index.js';
import { loadDataset } from '../../src/training/data/index.js';
import { followData } from '../../src/training/loop/defaults.js';
import { Training } from '../../src/training/loop/train.js';
import { tableReport, type Score } from './tableReport.js';

interface Peer {
  table: string;
  split: number;
  file: string;
  classes: boolean;
  plain: number;
  scaled: number;
}
const { BENCH_OUT: out = 'out/bench-training', BENCH_ROOT: root = '.' } = process.env;
const folder = join(out, 'tables');

async function score({ file, classes, split }: Peer): Promise<number> {
  const section = {
    data: { csv: { file: `${file}-train.csv`, target: 'y', validation: `${file}-test.csv` } },
    loss: classes ? 'crossEntropy' : 'mse',
  };
  const { network: written, problems } = validateNetwork(section);
  if (!written) throw new Error(problems[0]!.message);
  const loss = written.loss.name;
  const signal = new AbortController().signal;
  const dataset = await loadDataset(written.data, {
    folder,
    validation: null,
    loss,
    signal,
    onProgress: () => undefined,
  });
  const { network } = followData(written, dataset);
  let last = NaN;
  const log = {
    log(values: Record<string, number>) {
      last = values[classes ? 'val/accuracy' : 'val/r2'] ?? last;
    },
    progress: () => undefined,
    info: () => undefined,
    message: () => undefined,
    stopRequested: null,
  };
  const training = new Training({ network, dataset, seed: split, log, cheapReads: true, evaluationBatch: 500 });
  await training.run();
  training.dispose();
  return last;
}

async function main(): Promise<void> {
  const { version, results } = JSON.parse(readFileSync(join(folder, 'scores.json'), 'utf8')) as {
    version: string;
    results: Peer[];
  };
  await startBackend(backendById('wasm'));
  const scores: Score[] = [];
  for (const peer of results) {
    const ours = await score(peer);
    scores.push({ ...peer, ours });
    console.log(
      `${peer.file.padEnd(20)} ours ${ours.toFixed(4)}  plain ${peer.plain.toFixed(4)}  scaled ${peer.scaled.toFixed(4)}`,
    );
  }
  const text = tableReport(scores, version);
  console.log(text);
  if (!process.argv.includes('--no-report')) writeFileSync(join(root, 'docs/benchmarks/tables.md'), text);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
