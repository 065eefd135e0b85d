import { execFile } from 'node:child_process';
import { promises } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import * as h5wasm from 'h5wasm/node';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { loadModelFile } from '../../../../src/training/checkpoints/checkpoint.js';
import { readAll } from '../../../../src/training/data/arrayFile.js';
import { MemoryBytes } from '../../../../src/training/data/bytes.js';
import { openNpy } from '../../../../src/training/data/npy.js';
import type { ExportFormat } from '../../../../src/protocol/trainer/index.js';
import { exportNetwork } from '../../../../src/training/export/index.js';
import { hdf5, lookup3, put, type Hdf5Group } from '../../../../src/training/export/hdf5.js';
import { CASES, examplesOf, savedCase } from './exportCases.js';
import { describeOnnx } from './onnxText.js';
import { skipBecause } from '../../support/skip.js';

let folder: string;
beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'tunesmith export ☃ '));
});

const caseOf = (name: string) => CASES.find((one) => one.name === name)!;

/** Loads a model as a person's program would, but from disk. */
async function loadTfjs(path: string) {
  const json = JSON.parse(await readFile(join(path, 'model.json'), 'utf8'));
  const { buffer } = Uint8Array.from(await readFile(join(path, 'weights.bin')));
  const artifacts = {
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest[0].weights,
    weightData: buffer,
  };
  return loadLayersModel({ load: async () => artifacts });
}

describe('a TensorFlow.js layers model', () => {
  for (const one of CASES.filter(({ not }) => !not?.includes('tfjs'))) {
    it(`of ${one.name} gives the same outputs`, async () => {
      const saved = savedCase(one);
      const path = join(folder, one.name);
      const files = await exportNetwork(saved, 'tfjs', path, false);
      expect(files).toEqual([join(path, 'weights.bin'), join(path, 'model.json')]);
      const model = await loadTfjs(path);
      const { inputs, outputs } = examplesOf(saved);
      const given = model.predict(tf.tensor(inputs, [3, ...one.data.inputShape])) as tf.Tensor;
      const scale = Math.max(...outputs.map(Math.abs));
      given.dataSync().forEach((value, i) => expect(Math.abs(value - outputs[i]!)).toBeLessThan(2e-7 * scale));
      expect(given.shape).toEqual([3, outputs.length / 3]);
      model.dispose();
    });
  }
});

const numbersIn = (value: unknown): number[] =>
  typeof value === 'number' ? [value] : Array.from(value as Float32Array);

/** Reads a file's arrays by path with the HDF Group's own library. */
async function readHdf5(bytes: Uint8Array): Promise<Map<string, { shape: number[]; values: number[] }>> {
  const { FS } = await h5wasm.ready;
  FS.writeFile('/x.h5', bytes);
  const file = new h5wasm.File('/x.h5', 'r');
  const found = new Map<string, { shape: number[]; values: number[] }>();
  for (const path of file.paths()) {
    const item = file.get(path);
    if (item instanceof h5wasm.Dataset) found.set(path, { shape: item.shape!, values: numbersIn(item.value) });
  }
  file.close();
  return found;
}

describe('HDF5', () => {
  it('computes the published hash', () => {
    expect(lookup3(Buffer.from('Four score and seven years ago'))).toBe(0x17770551);
    expect(lookup3(Buffer.alloc(0))).toBe(0xdeadbeef);
  });

  it('is readable by the official library: scalars, lists, empty arrays, many in one group', async () => {
    const root: Hdf5Group = new Map();
    put(root, 'a/b/number', { shape: [], values: Float32Array.of(1.5) });
    put(root, 'a/b/cube', { shape: [2, 1, 3], values: Float32Array.of(1, -2, 3e-30, 4, 5, 6) });
    put(root, 'a/none', { shape: [0], values: new Float32Array(0) });
    for (let i = 0; i < 300; i++) put(root, `many/${i}`, { shape: [1], values: Float32Array.of(i) });
    const found = await readHdf5(hdf5(root));
    expect(found.get('a/b/number')?.values).toEqual([1.5]);
    expect(found.get('a/b/cube')).toEqual({ shape: [2, 1, 3], values: [1, -2, Math.fround(3e-30), 4, 5, 6] });
    expect(found.get('a/none')?.shape).toEqual([0]);
    expect(found.size).toBe(303);
    expect(found.get('many/299')?.values).toEqual([299]);
  });
});

/** Reads the entries of an archive with a third-party library. */
async function entries(path: string): Promise<Map<string, Uint8Array>> {
  const bytes = await readFile(path);
  const found = new Map<string, Uint8Array>();
  for (let at = 0; bytes.readUInt32LE(at) === 0x04034b50;) {
    const [length, name] = [bytes.readUInt32LE(at + 18), bytes.readUInt16LE(at + 26)];
    const text = bytes.toString('utf8', at + 30, at + 30 + name);
    const data = bytes.subarray(at + 30 + name, at + 30 + name + length);
    expect(bytes.readUInt32LE(at + 14)).toBe(crc32(data));
    found.set(text, data);
    at += 30 + name + length;
  }
  return found;
}

describe('a Keras file', () => {
  it('has configuration, metadata and weights where Keras looks for them', async () => {
    const path = join(folder, 'residual.keras');
    const saved = savedCase(caseOf('residual blocks and both global poolings'));
    await exportNetwork(saved, 'keras', path, false);
    const files = await entries(path);
    expect([...files.keys()]).toEqual(['metadata.json', 'config.json', 'model.weights.h5']);
    const { tunesmith: card } = JSON.parse(Buffer.from(files.get('metadata.json')!).toString());
    expect(card.output).toMatchObject({ kind: 'probabilities', classes: ['cat', 'dog', '=1+1'] });
    const weights = await readHdf5(files.get('model.weights.h5')!);
    const shapes = Object.fromEntries([...weights].map(([at, { shape }]) => [at, shape.join('×')]));
    // A block's shortcut is as far from the outputs as its last layer, and is visited before it.
    expect(shapes).toMatchObject({
      'layers/conv2d/vars/0': '3×3×2×4',
      'layers/conv2d_1/vars/0': '1×1×2×4',
      'layers/conv2d_2/vars/0': '3×3×4×4',
      'layers/dense/vars/0': '4×4',
      'layers/dense_1/vars/0': '4×6',
      'layers/dense_2/vars/0': '4×6',
    });
    expect(shapes).not.toHaveProperty('layers/dense_1/vars/1');
    const own = saved.weights.find(({ name }) => name === '1.residual/projection')!;
    expect(weights.get('layers/conv2d_1/vars/0')?.values).toEqual([...own.values]);
  });

  it('orders the blocks of a GRU as Keras does', async () => {
    const path = join(folder, 'gru.keras');
    const saved = savedCase(caseOf('gru'));
    await exportNetwork(saved, 'keras', path, false);
    const weights = await readHdf5((await entries(path)).get('model.weights.h5')!);
    const [reset, update, candidate] = [0, 4, 8].map((at) =>
      saved.weights.find(({ name }) => name === '1.recurrent/forward/bias')!.values.subarray(at, at + 4),
    );
    const extra = saved.weights.find(({ name }) => name === '1.recurrent/forward/stateBias')!.values;
    expect(weights.get('layers/gru/cell/vars/2')).toEqual({
      shape: [2, 12],
      values: [...update!, ...reset!, ...candidate!, 0, 0, 0, 0, 0, 0, 0, 0, ...extra],
    });
    expect(weights.has('layers/bidirectional/backward_layer/cell/vars/0')).toBe(true);
  });
});

describe('weights alone', () => {
  it('as NPZ, with the metadata needed to use them', async () => {
    const path = join(folder, 'weights.npz');
    const saved = savedCase(caseOf('tanh'));
    await exportNetwork(saved, 'npz', path, false);
    const files = await entries(path);
    for (const { name, shape, values } of saved.weights) {
      const array = await readAll(await openNpy(new MemoryBytes('x.npy', files.get(`${name}.npy`)!)));
      expect(array).toEqual({ shape, values });
    }
    const text = Buffer.from(files.get('metadata.npy')!);
    expect(text.toString('latin1', 10, 128)).toMatch(/'descr': '<U\d+', 'fortran_order': False, 'shape': \(\)/);
    const codes = Array.from({ length: (text.length - 128) / 4 }, (_, i) =>
      String.fromCodePoint(text.readUInt32LE(128 + 4 * i)),
    );
    const metadata = JSON.parse(codes.join(''));
    expect(JSON.parse(metadata.data).preparation.columns[2].categories).toEqual(['Łódź', 'Rome']);
    expect(metadata.model.input.columns).toEqual(['year', 'area', 'city=Łódź', 'city=Rome']);
  });

  it('as safetensors', async () => {
    const path = join(folder, 'weights.safetensors');
    const saved = savedCase(caseOf('scores'));
    await exportNetwork(saved, 'safetensors', path, false);
    const { weights, metadata } = await loadModelFile(path);
    expect(weights).toEqual(saved.weights);
    expect(JSON.parse(metadata.network!)).toEqual(saved.network);
    expect(metadata).not.toHaveProperty('sha256');
  });

  it('as safetensors whose damage is found, wherever it is', async () => {
    const path = join(folder, 'damaged.safetensors');
    await exportNetwork(savedCase(caseOf('scores')), 'safetensors', path, false);
    const whole = await readFile(path);
    const at = whole.indexOf('"network"') + 30;
    for (const [place, byte] of [
      [whole.length - 1, whole.at(-1)! ^ 1],
      [at, whole[at]! ^ 1],
    ] as const) {
      const damaged = Buffer.from(whole);
      damaged[place] = byte;
      await writeFile(path, damaged);
      await expect(loadModelFile(path)).rejects.toThrow(/damaged|JSON/);
    }
    const elsewhere = join(folder, 'elsewhere.safetensors');
    await writeFile(elsewhere, whole);
    await rm(path);
    await symlink(elsewhere, path);
    await expect(loadModelFile(path)).rejects.toThrow('is a link or not an ordinary file');
  });
});

describe('an impossible export', () => {
  const refused = (name: string, format: ExportFormat): Promise<string[]> =>
    exportNetwork(savedCase(caseOf(name)), format, join(folder, 'never'), false);

  it('fails with the reason and advice', async () => {
    await expect(refused('gru', 'tfjs')).rejects.toThrow(
      /recurrent_1: the GRU of TensorFlow.js.*export as keras or onnx/,
    );
    await expect(refused('gaussian gates', 'keras')).rejects.toThrow(
      /recurrent_1: Keras has no gaussian gate: export as onnx/,
    );
    await expect(refused('one trigonometric gate', 'tfjs')).rejects.toThrow(/no cell with a single gate/);
  });

  it('keeps an existing file unless it may be overwritten', async () => {
    const path = join(folder, 'there.onnx');
    await writeFile(path, 'mine');
    const saved = savedCase(caseOf('scores'));
    await expect(exportNetwork(saved, 'onnx', path, false)).rejects.toThrow(/already exists.*--force/);
    expect(await readFile(path, 'utf8')).toBe('mine');
    await exportNetwork(saved, 'onnx', path, true);
    expect((await readFile(path)).length).toBeGreaterThan(100);
  });

  it('reports why a file can’t be written, and creates folders', async () => {
    const saved = savedCase(caseOf('scores'));
    await mkdir(join(folder, 'taken'));
    await expect(exportNetwork(saved, 'onnx', join(folder, 'taken'), true)).rejects.toThrow(/taken is a folder/);
    await expect(exportNetwork(saved, 'safetensors', join(folder, 'taken'), true)).rejects.toThrow(/is a folder/);
    await writeFile(join(folder, 'file'), '');
    await expect(exportNetwork(saved, 'tfjs', join(folder, 'file'), true)).rejects.toThrow(/file is not a folder/);
    await exportNetwork(saved, 'onnx', join(folder, 'new/folder/x.onnx'), false);
    expect(await readdir(join(folder, 'new/folder'))).toEqual(['x.onnx']);
  });

  it('when interrupted, never leaves an old description beside new weights', async () => {
    const saved = savedCase(caseOf('scores'));
    const path = join(folder, 'halfway');
    await exportNetwork(saved, 'tfjs', path, false);
    // The first of the two files can't take its place.
    vi.spyOn(promises, 'rename').mockRejectedValueOnce(new Error('interrupted'));
    await expect(exportNetwork(saved, 'tfjs', path, true)).rejects.toThrow('interrupted');
    vi.restoreAllMocks();
    expect((await readdir(path)).sort()).toEqual(['weights.bin']);
  });

  it('reports damaged weights', async () => {
    const saved = savedCase(caseOf('scores'));
    saved.weights[0]!.values = new Float32Array(3);
    await expect(exportNetwork(saved, 'onnx', join(folder, 'x.onnx'), false)).rejects.toThrow(
      /damaged: dense_1 has a wrong kernel/,
    );
    saved.weights.shift();
    await expect(exportNetwork(saved, 'tfjs', join(folder, 'x'), false)).rejects.toThrow(
      /damaged: dense_1 has no kernel/,
    );
  });
});

describe('ONNX', () => {
  it.each(['convolutions', 'gaussian gates', 'quantised kernels'])('%s: the operations', async (name) => {
    const path = join(folder, `${name}.onnx`);
    await exportNetwork(savedCase(caseOf(name)), 'onnx', path, false);
    await expect(describeOnnx(await readFile(path))).toMatchFileSnapshot(`golden/onnx-${name.replace(' ', '-')}.txt`);
  });
});

/** Writes every file that Python can check. */
async function writeAll(): Promise<string> {
  const path = await mkdtemp(join(folder, 'all-'));
  const cases = [];
  for (const [i, one] of CASES.entries()) {
    const saved = savedCase(one);
    await exportNetwork(saved, 'onnx', join(path, `${i}.onnx`), false);
    if (!one.not?.includes('keras')) await exportNetwork(saved, 'keras', join(path, `${i}.keras`), false);
    cases.push({
      name: one.name,
      shape: one.data.inputShape,
      inputs: [...examplesOf(saved).inputs],
      outputs: examplesOf(saved).outputs,
    });
  }
  await writeFile(join(path, 'cases.json'), JSON.stringify(cases));
  return path;
}

it('Python computes the same outputs', async (context) => {
  const python = process.env.TUNESMITH_EXPORT_PYTHON;
  if (!python) return skipBecause(context, 'TUNESMITH_EXPORT_PYTHON names no Python with keras and onnxruntime');
  const program = join(import.meta.dirname, '../reference/export.py');
  const { stdout } = await promisify(execFile)(python, [program, await writeAll()]);
  const found = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, Record<string, number>>;
  console.log(found);
  for (const [name, difference] of Object.values(found).flatMap(Object.entries))
    expect(difference, name).toBeLessThan(1e-5);
});
