import { littleEndian, type SavedWeight } from '../../checkpoints/checkpoint.js';
import { bytes, message, type Field } from '../protobuf.js';
import { attribute, tensor, TYPE, type Attribute } from './encoding.js';

/** Operations in the order of execution. */
export class Ops {
  readonly fields: Field[] = [];
  private count = 0;

  constructor(
    private readonly prefix: string,
    private readonly constants: Field[],
  ) {}

  /** Adds an operation and returns the name of its (first) result. */
  do(type: string, inputs: string[], attributes: Record<string, Attribute> = {}, outputs?: string[]): string {
    const given = outputs ?? [this.fresh(type)];
    this.fields.push(
      message(
        ...inputs.map((input) => bytes(1, input)),
        ...given.map((output) => bytes(2, output)),
        bytes(3, given[0]!),
        bytes(4, type),
        ...Object.entries(attributes).map(([key, value]) => bytes(5, attribute(key, value))),
      ),
    );
    return given[0]!;
  }

  fresh(what: string): string {
    return `${this.prefix}${what.toLowerCase()}_${this.count++}`;
  }

  constant(name: string, shape: readonly number[], values: Float32Array | readonly number[]): string {
    const data = values instanceof Float32Array ? values : Float32Array.from(values);
    this.constants.push(tensor(name, shape, TYPE.float, littleEndian(data)));
    return name;
  }

  /**
   * Adds a weight: if it is quantised, as whole numbers that are multiplied by their scales along `axis`, that of the
   * outputs. `values` may be in another order than the weight's own.
   */
  weight(
    name: string,
    shape: readonly number[],
    values: Float32Array,
    given: SavedWeight | undefined,
    axis: number,
  ): string {
    const { integers } = given ?? {};
    if (!integers) return this.constant(name, shape, values);
    const { scales } = integers;
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const whole = Int8Array.from(values, (value, i) => {
      const scale = scales[scales.length === 1 ? 0 : Math.floor(i / inner) % scales.length]!;
      return scale > 0 ? Math.round(value / scale) : 0;
    });
    this.constants.push(tensor(`${name}.whole`, shape, TYPE.int8, Buffer.from(whole.buffer)));
    const scale = this.constant(`${name}.scale`, scales.length === 1 ? [] : [scales.length], scales);
    return this.do('DequantizeLinear', [`${name}.whole`, scale], scales.length === 1 ? {} : { axis }, [name]);
  }

  scalar(value: number): string {
    return this.constant(this.fresh('number'), [], [value]);
  }

  whole(values: readonly number[]): string {
    const name = this.fresh('numbers');
    const data = Buffer.alloc(8 * values.length);
    values.forEach((value, i) => data.writeBigInt64LE(BigInt(value), 8 * i));
    this.constants.push(tensor(name, [values.length], TYPE.int64, data));
    return name;
  }
}
