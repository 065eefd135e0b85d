/** Protocol Buffers' wire format, read in place (protobuf.dev/programming-guides/encoding). */

/** The bytes are not a message, or not one that this reader of the schema understands. */
export class WireError extends Error {
  override name = 'WireError';
}

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** Reads the fields of one message. After `next`, read or skip the value; `start` and `end` are those of the last `bytes`. */
export class Fields {
  private readonly view: DataView;
  /** Number and wire type of the current field. */
  number = 0;
  wire = 0;
  start = 0;
  end = 0;

  constructor(
    readonly buffer: Buffer,
    public at = 0,
    public limit = buffer.length,
  ) {
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  /** Begins another message in the same buffer. */
  reset(at: number, limit: number): this {
    this.at = at;
    this.limit = limit;
    return this;
  }

  next(): boolean {
    if (this.at >= this.limit) return false;
    const key = this.varint();
    this.wire = key & 7;
    this.number = Math.floor(key / 8);
    if (this.number === 0 || key > 0xffffffff) throw new WireError('no field number');
    return true;
  }

  /** A number of up to 64 bits. Values above 2^53 lose their last digits; negative ones are right. */
  varint(): number {
    const { buffer, limit } = this;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 9; i++) {
      if (this.at >= limit) throw new WireError('cut off');
      const byte = buffer[this.at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    // The tenth byte has the sign.
    if (this.at >= limit) throw new WireError('cut off');
    const last = buffer[this.at++]!;
    if (last > 1) throw new WireError('a number of more than 64 bits');
    return last === 1 ? this.negative() : value;
  }

  private negative(): number {
    let value = 0n;
    for (let i = 0; i < 10; i++) value |= BigInt(this.buffer[this.at - 10 + i]! & 127) << BigInt(7 * i);
    return Number(BigInt.asIntN(64, value));
  }

  double(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  float(): number {
    return this.view.getFloat32(this.take(4), true);
  }

  /** Sets `start` and `end` to the value of a field with a length. */
  bytes(): this {
    if (this.wire !== BYTES) throw new WireError('another type than expected');
    const length = this.varint();
    this.start = this.take(length);
    this.end = this.at;
    return this;
  }

  text(): string {
    this.bytes();
    return this.buffer.toString('utf8', this.start, this.end);
  }

  slice(): Buffer {
    this.bytes();
    return this.buffer.subarray(this.start, this.end);
  }

  /** The fields of the message that this field holds. */
  message(): Fields {
    this.bytes();
    return new Fields(this.buffer, this.start, this.end);
  }

  skip(): void {
    if (this.wire === VARINT) this.varint();
    else if (this.wire === FIXED64) this.take(8);
    else if (this.wire === FIXED32) this.take(4);
    else this.bytes();
  }

  private take(length: number): number {
    const { at } = this;
    if (length > this.limit - at) throw new WireError('cut off');
    this.at = at + length;
    return at;
  }
}
