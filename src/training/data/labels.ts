/** Class labels in arrays: as indexes, as text, or one-hot. */
import { TrainingError } from '../errors.js';
import { readAll, type ArrayFile, type NumberArray } from './arrayFile.js';
import { said } from '../../format/said.js';

/** Targets as numbers, with the names of classes if the file has text. */
export interface LabelArray extends NumberArray {
  names: string[] | null;
}

/** Largest number of classes of text labels. */
const MOST_NAMES = 100_000;

/**
 * Reads an array of targets. Text becomes indexes into its own sorted values, or into `known`. Throws TrainingError for
 * a label that is not known.
 */
export async function readTargetArray(file: ArrayFile, known: readonly string[] | null = null): Promise<LabelArray> {
  if (!file.text) return { ...(await readAll(file)), names: null };
  const texts = await readTexts(file);
  const names = known ?? [...new Set(texts)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (names.length > MOST_NAMES) {
    throw new TrainingError(said('{0} has more than {1} different labels', file.bytes.name, MOST_NAMES));
  }
  const index = new Map(names.map((name, i) => [name, i]));
  const values = Int32Array.from(texts, (text, i) => {
    const code = index.get(text);
    if (code !== undefined) return code;
    throw new TrainingError(
      said('{0}: example {1} (from 0): class "{2}" is not among the training examples', file.bytes.name, i, text),
    );
  });
  return { shape: [file.shape[0]!], values, names: [...names] };
}

/** Reads NumPy's text of fixed length, `U` (UTF-32) or `S` (bytes), without the zeros that pad it. */
async function readTexts({ bytes, shape, start, type, text, littleEndian }: ArrayFile): Promise<string[]> {
  const count = shape[0] ?? 0;
  if (shape.slice(1).some((length) => length !== 1)) {
    throw new TrainingError(
      said('{0}: labels must be one text per example, not {1}', bytes.name, shape.slice(1).join('×')),
    );
  }
  const content = await bytes.read(start, count * type.bytes);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return Array.from({ length: count }, (_, i) => {
    const from = i * type.bytes;
    if (text === 'S') {
      const padded = content.subarray(from, from + type.bytes);
      return new TextDecoder().decode(padded.subarray(0, padded.findLastIndex((byte) => byte !== 0) + 1));
    }
    const points: number[] = [];
    for (let at = from; at < from + type.bytes; at += 4) points.push(view.getUint32(at, littleEndian));
    const letters = points.slice(0, points.findLastIndex((point) => point !== 0) + 1);
    if (letters.some((point) => point > 0x10ffff)) {
      throw new TrainingError(said('{0}: example {1} (from 0) is not valid text', bytes.name, i));
    }
    return String.fromCodePoint(...letters);
  });
}

/** Returns the class of each example if every row has a single 1 among zeros, else null. */
export function oneHotClasses({ values, shape }: NumberArray): Int32Array | null {
  const [count = 0, width = 0] = shape;
  if (shape.length !== 2 || width < 2) return null;
  const classes = new Int32Array(count).fill(-1);
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    const row = Math.floor(i / width);
    if (values[i] !== 1 || classes[row]! >= 0) return null;
    classes[row] = i % width;
  }
  return classes.includes(-1) ? null : classes;
}
