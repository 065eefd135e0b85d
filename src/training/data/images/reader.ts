/** Reads images from their files on demand and caches as many as memory allows. */
import type { InputReader } from '../types.js';
import { buildDecoder, type Decoder } from './decoder.js';
import type { Fitting, ImageShape } from './resize.js';

export class ImageReader implements InputReader {
  readonly width: number;
  readonly exampleBytes: number;
  /** Images that are cached, and the position of each. */
  private kept: Uint8Array = new Uint8Array(0);
  private places: Int32Array | null = null;
  private used = 0;

  /** Files are relative to `base`. */
  constructor(
    base: string,
    private readonly files: readonly string[],
    shape: ImageShape,
    { fit, background }: Fitting,
    private readonly decoder: Decoder = buildDecoder({ base, shape, fitting: { fit, background } }, files.length),
  ) {
    this.width = shape.height * shape.width * shape.channels;
    this.exampleBytes = this.width;
  }

  make(examples: number): Uint8Array {
    return new Uint8Array(examples * this.width);
  }

  /** Caches what it reads, up to `bytes` bytes. All images are equally likely to be read again. */
  keep(bytes: number): void {
    const room = Math.min(this.files.length, Math.floor(bytes / this.width));
    this.kept = this.make(room);
    this.places = new Int32Array(this.files.length).fill(-1);
    this.used = 0;
  }

  async read(indexes: Int32Array): Promise<Uint8Array> {
    const values = this.make(indexes.length);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < indexes.length) {
        const place = next++;
        values.set(await this.one(indexes[place]!), place * this.width);
      }
    };
    await Promise.all(Array.from({ length: this.decoder.atOnce }, work));
    return values;
  }

  private async one(index: number): Promise<Uint8Array> {
    const place = this.places?.[index] ?? -1;
    if (place >= 0) return this.kept.subarray(place * this.width, (place + 1) * this.width);
    const values = await this.decoder.read(this.files[index]!);
    if (this.places && this.places[index]! < 0 && (this.used + 1) * this.width <= this.kept.length) {
      this.kept.set(values, this.used * this.width);
      this.places[index] = this.used++;
    }
    return values;
  }
}
