/** The boundaries where files come in: experiments, sweeps, data of every format, weights, packages. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { scan } from '../../src/editor/language/scan.js';
import { checkForm, editExperiment, formOf, lenses, parseExperiment, planRun } from '../../src/experiment/index.js';
import { EditError } from '../../src/experiment/file/edit.js';
import { parseConstraint } from '../../src/experiment/search/constraints/index.js';
import { splitCommand } from '../../src/experiment/start/command.js';
import { validateNetwork, type DataSource } from '../../src/experiment/network/index.js';
import { loadModelFile } from '../../src/training/checkpoints/checkpoint.js';
import { loadDataset } from '../../src/training/data/index.js';
import { decodeImage } from '../../src/training/data/images/decode.js';
import { TrainingError } from '../../src/training/errors.js';
import { readTarball } from '../../src/training/files/tar.js';
import { idx, npy, zip } from '../../test/unit/training/data/dataFiles.js';
import type { Boundary } from './types.js';

const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8');
const folder = mkdtempSync(join(tmpdir(), 'tunesmith-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const EXPERIMENTS = [
  `name: digits
run: python train.py --lr {lr} --batch-size {batch_size}
params: &p
  lr: 0.001 # rate
  batch_size: 64
  net: { width: 8, "deep": [1, 2] }
objective: { metric: val/accuracy, goal: maximize }
search:
  sampler: tpe
  pruner: { name: asha, eta: 3 }
  trials: 60
  constraints: ["batch_size * 2 + 1 <= 500", { metric: memory, atMost: 8 }]
  space:
    lr: { log: [1e-5, 1e-1], prior: 0.01 }
    batch_size: { choice: [32, 64, 128] }
    momentum: { uniform: [0.8, 0.99], when: { batch_size: 32 } }
`,
  `network:
  data: { csv: { file: a.csv, target: y } }
  layers: [{ dense: { units: 32, activation: relu } }, { dropout: "{p}" }, { dense: 2 }]
  loss: crossEntropy
  optimizer: { name: adam, learningRate: 0.001 }
  epochs: 3
params: { p: 0.5 }
`,
  '{ "module": "./a.ts", "params": { "a": 1, "b": [true, null, "x"] }, "resources": { "gpus": 0 }, "seed": 3 }',
];
const SWEEPS = [
  `program: train.py
method: bayes
metric: { name: loss, goal: minimize }
early_terminate: { type: hyperband, min_iter: 3 }
command: ["\${env}", "\${interpreter}", "\${program}", "\${args}"]
parameters:
  lr: { distribution: log_uniform_values, min: 1e-5, max: 1e-1 }
  layers: { values: [1, 2, 3] }
  q: { distribution: q_uniform, min: 0, max: 1.0, q: 0.1 }
  opt: { parameters: { beta: { value: 0.9 } } }
`,
];

/** All that an editor and the command line do with a file. */
function open(input: Uint8Array): boolean {
  const source = text(input);
  const file = source.trimStart().startsWith('{') ? '/w/a.tune.json' : '/w/a.tune.yaml';
  const { experiment, problems } = parseExperiment(source, file);
  if (!experiment && problems.length === 0) throw new TypeError('refused without a reason');
  if (problems.length > 203) throw new RangeError(`${problems.length} problems`);
  lenses(source);
  scan(source, source.length >> 1);
  const form = formOf(source, file);
  checkForm(source, file, { lr: 0.1, batch_size: 1 }, { lr: '{ log: [1, 2] }' });
  try {
    editExperiment(source, { params: { lr: 0.5, more: [1] }, trials: 3, space: { lr: '' } }, file);
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
  }
  if (experiment) planRun(experiment, experiment.params, { dist: '/dist', env: {} });
  return experiment !== null && form.problems.length >= 0;
}

async function load(data: object): Promise<boolean> {
  const { network } = validateNetwork({ data, layers: [{ dense: 2 }], loss: 'crossEntropy' });
  try {
    await loadDataset(network!.data as DataSource, {
      folder,
      validation: null,
      loss: 'crossEntropy',
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    return true;
  } catch (error) {
    if (error instanceof TrainingError) return false;
    throw error;
  }
}

function data(name: string, samples: () => Uint8Array[], source: object): Boundary {
  return {
    name,
    samples,
    take(input) {
      writeFileSync(join(folder, 'a'), input);
      return load(source);
    },
  };
}

const bytes = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 37) & 127));
const targets = npy('|u1', '12,', bytes(12).map((_, i) => i % 2) as Buffer);
const image = (): Buffer => {
  const png = new PNG({ width: 6, height: 5 });
  bytes(120).copy(png.data);
  return PNG.sync.write(png);
};
/** A grey JPEG of 8×8 pixels, as small as one gets (ITU T.81). */
const JPEG = Buffer.from(
  'ffd8ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f101011100a0c12131210130f101010ffc0000b080008000801011100ffc40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000ffda0008010100003f002a9fffd9',
  'hex',
);
const weights = (): Buffer => {
  const header = Buffer.from(
    '{"__metadata__":{"format":"tunesmith"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}',
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, bytes(16)]);
};
const tarball = (): Buffer => {
  const header = Buffer.alloc(512);
  header.write('package/a.js');
  header.write('00000000005', 124);
  header.write('0', 156);
  return gzipSync(Buffer.concat([header, Buffer.from('hello'), Buffer.alloc(507 + 1024)]));
};

export const FILES: Boundary[] = [
  { name: 'experiment files', samples: () => EXPERIMENTS, take: open, bounds: { milliseconds: 4000 } },
  { name: 'sweep files', samples: () => SWEEPS, take: open, bounds: { milliseconds: 4000 } },
  {
    name: 'constraints',
    samples: () => ['layers * 4 + width <= 512', '0 <= a - b <= 1', '-(a + 2) / 3 == b * .5e1'],
    take: (input) =>
      parseConstraint(text(input), ['a', 'b', 'layers', 'width', 'net/x-2', 'constructor']).fault === undefined,
  },
  {
    name: 'commands',
    samples: () => ['python train.py --lr {lr} "a b" \\\n --x=${envvar:HOME}', "node 'a' {{b}} ${args}"],
    take: (input) => splitCommand(text(input)).fault === undefined,
  },
  data('CSV', () => [Buffer.from('a,b,y\n1,x,0\n2,"q ""r""",1\n3.5,x,0\n4,z,1\n'), gzipSync('a,y\n1,0\n2,1\n3,0\n')], {
    csv: { file: 'a', target: 'y' },
  }),
  data(
    'NPY',
    () => [npy('<f4', '12, 2', bytes(96)), npy('<i8', '12,', bytes(96)), gzipSync(npy('|u1', '12, 3', bytes(36)))],
    {
      npy: { inputs: 'a', targets: 'y' },
    },
  ),
  data(
    'NPZ',
    () => [false, true].map((packed) => zip({ 'x.npy': npy('<f4', '12, 2', bytes(96)), 'y.npy': targets }, { packed })),
    { npz: { file: 'a', inputs: 'x', targets: 'y' } },
  ),
  data('IDX', () => [idx(8, [12, 2, 2], bytes(48)), idx(0x0d, [12, 1], bytes(48))], {
    idx: { inputs: 'a', targets: 'y.idx' },
  }),
  {
    name: 'PNG and JPEG',
    samples: () => [image(), JPEG],
    async take(input) {
      try {
        await decodeImage(input, 'a');
        return true;
      } catch (error) {
        if (error instanceof TrainingError) return false;
        throw error;
      }
    },
  },
  {
    name: 'safetensors',
    samples: () => [weights()],
    async take(input) {
      writeFileSync(join(folder, 'a.safetensors'), input);
      try {
        await loadModelFile(join(folder, 'a.safetensors'));
        return true;
      } catch (error) {
        // The callers put the sentence around it.
        if (error instanceof TypeError || error instanceof RangeError) throw error;
        return false;
      }
    },
  },
  {
    name: 'packages',
    samples: () => [tarball()],
    take(input) {
      try {
        return readTarball(input, () => true).size >= 0;
      } catch (error) {
        if (error instanceof TypeError) throw error;
        return false;
      }
    },
  },
];
writeFileSync(join(folder, 'y'), targets);
writeFileSync(join(folder, 'y.idx'), idx(8, [12], [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]));
