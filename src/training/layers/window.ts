import type { Size } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { shapeText } from './types.js';
import { said } from '../../format/said.js';

/** Returns [height, width, channels] of an image layer's input, or throws. */
export function needImage(name: string, shape: readonly number[]): [number, number, number] {
  if (shape.length !== 3) {
    throw new TrainingError(
      shape.length === 1
        ? said(
            'layer {0} needs images (height×width×channels), but gets {1}: it can only stand before "flatten", "globalPool" and "dense"',
            name,
            shapeText(shape),
          )
        : said('layer {0} needs images (height×width×channels), but gets {1}', name, shapeText(shape)),
    );
  }
  return [shape[0]!, shape[1]!, shape[2]!];
}

/** Returns [time, features] of a sequence layer's input, or throws. */
export function needSequence(name: string, shape: readonly number[]): [number, number] {
  if (shape.length === 2) return [shape[0]!, shape[1]!];
  const example =
    shape.length === 3
      ? said('put "- reshape: [{0}, {1}]" before it', shape[0]!, shape[1]! * shape[2]!)
      : shape.length === 1
        ? said('put "- reshape: [{0}, {1}]" before it', shape[0]!, 1)
        : said('see "reshape"');
  throw new TrainingError(
    said('layer {0} needs sequences (time×features), but gets {1}: {2}', name, shapeText(shape), example),
  );
}

/** Returns the height and width after a window slides over an image. */
export function windowOutput(name: string, input: Size, size: Size, stride: Size, padding: 'valid' | 'same'): Size {
  const output = input.map((length, axis) =>
    padding === 'same' ? Math.ceil(length / stride[axis]!) : Math.floor((length - size[axis]!) / stride[axis]!) + 1,
  ) as Size;
  if (output.some((length) => length < 1)) {
    throw new TrainingError(
      said(
        'layer {0}: a window of {1} does not fit into {2}: use a smaller window, padding: same, or fewer pooling layers before it',
        name,
        shapeText(size),
        shapeText(input),
      ),
    );
  }
  return output;
}
