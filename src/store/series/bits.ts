/** Unsigned integers of any width up to 53 bits, one right behind the other. */

/** Appends to bytes that are zero from `at` on. */
export class BitWriter {
  private free = 8;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  write(value: number, width: number): void {
    while (width > 0) {
      const take = Math.min(this.free, width);
      const scale = 2 ** (width - take);
      const part = Math.floor(value / scale);
      value -= part * scale;
      width -= take;
      this.free -= take;
      this.bytes[this.at]! |= part << this.free;
      if (this.free === 0) {
        this.at++;
        this.free = 8;
      }
    }
  }

  /** Returns the place of the next whole byte. */
  end(): number {
    return this.free === 8 ? this.at : this.at + 1;
  }
}

export class BitReader {
  private left = 8;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  read(width: number): number {
    let value = 0;
    while (width > 0) {
      const take = Math.min(this.left, width);
      this.left -= take;
      value = value * 2 ** take + (((this.bytes[this.at] as number) >> this.left) & ((1 << take) - 1));
      width -= take;
      if (this.left === 0) {
        this.at++;
        this.left = 8;
      }
    }
    return value;
  }

  end(): number {
    return this.left === 8 ? this.at : this.at + 1;
  }
}

/** Number of bits that an integer from 0 to 2^53 − 1 takes. */
export function widthOf(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32));
}
