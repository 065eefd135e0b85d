import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { TrainingError } from '../../../../src/training/errors.js';
import { exportNetwork } from '../../../../src/training/export/index.js';
import { bytes, int, message } from '../../../../src/training/export/protobuf.js';
import { readTrainedFile } from '../../../../src/training/transfer/files/index.js';
import { Random } from '../../../../src/training/random.js';
import { readModel } from '../../../../src/training/transfer/onnx/model.js';
import { networkOf } from '../../../../src/training/transfer/onnx/network.js';
import { array, onnx } from './onnxFiles.js';
import { CASES, examplesOf, savedCase } from '../export/exportCases.js';
import { expectSame, outputsOf } from './outputs.js';

const FIXTURES = join(import.meta.dirname, 'fixtures', 'onnx');
const expected = JSON.parse(await readFile(join(FIXTURES, 'outputs.json'), 'utf8')) as Record<
  string,
  { shape: number[]; inputs: number[]; outputs: number[] }
>;
let folder: string;
beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'tunesmith onnx ☃ '));
});

describe('an ONNX file of PyTorch or Keras', () => {
  it.each(Object.keys(expected))('gives the same outputs (%s)', async (file) => {
    const { shape, inputs, outputs } = expected[file]!;
    const trained = await readTrainedFile(FIXTURES, file);
    expect(trained.inputShape).toEqual(shape);
    expectSame(outputsOf(trained, inputs, shape), outputs);
  });
});

describe('what we export', () => {
  /** Operators without an equal layer in the files that we write. */
  const REFUSED: Readonly<Record<string, RegExp>> = {
    recurrent: /^operator Scan /,
    attention: /^operator (Reshape|MatMul|Transpose) /,
    transformer: /^operator (Reshape|MatMul|Transpose) /,
  };
  it.each(CASES.map((one) => [one.name, one] as const))('is read again, or refused: %s', async (name, one) => {
    const saved = savedCase(one);
    const path = join(folder, `${name}.onnx`);
    await exportNetwork(saved, 'onnx', path, true);
    const text = JSON.stringify(one.section);
    const refused = Object.keys(REFUSED).find((layer) => text.includes(`"${layer}"`));
    if (refused) {
      await expect(readTrainedFile('/', path)).rejects.toThrow(REFUSED[refused]!);
      return;
    }
    const { inputs, outputs } = examplesOf(saved);
    const got = outputsOf(await readTrainedFile('/', path), Array.from(inputs), saved.data.inputShape);
    const scale = Math.max(...outputs.map(Math.abs));
    expectSame(
      got.map((value) => value / scale),
      Array.from(outputs, (value) => value / scale),
    );
  });
});

const matMul = [{ type: 'MatMul', inputs: ['x', 'w'] }];

describe('a hostile or damaged ONNX file', () => {
  it.each([
    ['giant lengths', onnx(matMul, [array([2 ** 31, 2 ** 31], bytes(9, 'abcd'))]), /its arrays have more than/],
    ['a negative length', onnx(matMul, [array([-4, 2], bytes(9, 'abcd'))]), /no valid shape/],
    [
      'fewer bytes than its shape',
      onnx(matMul, [array([4, 2], bytes(9, 'abcd'))]),
      /has 4 bytes, but its shape 4×2 needs 32/,
    ],
    [
      'arrays elsewhere',
      onnx(matMul, [array([4, 2], bytes(13, message(bytes(1, 'location'), bytes(2, '/etc/passwd'))), int(14, 1))]),
      /stored in another file/,
    ],
    ['an unknown operator', onnx([{ type: 'Einsum', inputs: ['x'] }], []), /operator Einsum \("y"\) has no equal here/],
    [
      'an operator of another domain',
      onnx([{ type: 'Evil', inputs: ['x'], fields: [bytes(7, 'com.example')] }], []),
      /operator com\.example\.Evil/,
    ],
    [
      'a loop',
      onnx([{ type: 'Loop', inputs: ['x'], fields: [bytes(5, message(bytes(1, 'body'), bytes(6, '')))] }], []),
      /operator Loop/,
    ],
    ['a value before it is computed', onnx([{ type: 'Relu', inputs: ['y'] }], []), /which nothing computes before it/],
    ['no operators', onnx([], []), /not computed from its input/],
    [
      'a fill of billions',
      onnx(
        [
          {
            type: 'Constant',
            inputs: [],
            output: 's',
            fields: [bytes(5, message(bytes(1, 'value_ints'), int(8, 2 ** 40), int(20, 7)))],
          },
          { type: 'ConstantOfShape', inputs: ['s'], output: 'w' },
          { type: 'Add', inputs: ['x', 'w'] },
        ],
        [],
      ),
      /neither one number nor one for each feature|no layers/,
    ],
    ['two graphs', Buffer.concat([onnx([], []), onnx([], [])]), /two graphs/],
    ['no graph', message(int(1, 8)), /not a valid ONNX file: no graph/],
    ['a text', Buffer.from('this is not a network'), /not a valid ONNX file/],
    ['nothing', Buffer.alloc(0), /not a valid ONNX file/],
  ])('is refused: %s', async (_name, content, message) => {
    const path = join(folder, 'hostile.onnx');
    await writeFile(path, content);
    await expect(readTrainedFile('/', path)).rejects.toThrow(message);
    await expect(readTrainedFile('/', path)).rejects.toBeInstanceOf(TrainingError);
  });

  it('is refused wherever it ends', async () => {
    const whole = await readFile(join(FIXTURES, 'lstm-both.script.onnx'));
    for (let length = 0; length < whole.length; length += 7) {
      const cut = () => networkOf(readModel(whole.subarray(0, length), 'cut.onnx'));
      expect(cut).toThrow(TrainingError);
    }
  });

  it('with changed bytes is read or refused, and nothing else', async () => {
    const random = new Random(9);
    for (const file of ['cnn.script.onnx', 'gru-mean.script.onnx', 'words.script.onnx', 'keras-lstm.onnx']) {
      const whole = await readFile(join(FIXTURES, file));
      for (let round = 0; round < 400; round++) {
        const changed = Buffer.from(whole);
        for (let i = 0; i < 1 + (round % 4); i++) {
          changed[Math.floor(random.uniform() * changed.length)] = Math.floor(256 * random.uniform());
        }
        try {
          networkOf(readModel(changed, file));
        } catch (error) {
          expect(error, `${file}, round ${round}`).toBeInstanceOf(TrainingError);
        }
      }
    }
  });
});
