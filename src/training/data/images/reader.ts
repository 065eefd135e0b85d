/** Reads images from their files when they are wanted, and keeps as many as memory allows. */
import type { InputReader } from '../types.js';
import { openBytes } from '../bytes.js';
import { TrainingError } from '../../errors.js';
import { decodeImage, type Pixels } from './decode.js';
import { fitImage, type Fitting, type ImageShape } from './resize.js';

/** Files that are open at once. */
const AT_ONCE = 4;
const LARGEST_FILE = 512 * 2 ** 20;

export async function readImage(base: string, file: string): Promise<Pixels> {
  const bytes = await openBytes(base, file);
  try {
    if (bytes.size > LARGEST_FILE) throw new TrainingError(`${file} is larger than 512 MB`);
    return await decodeImage(await bytes.read(0, bytes.size), file);
  } finally {
    await bytes.close();
  }
}

export class ImageReader implements InputReader {
  readonly width: number;
  readonly exampleBytes: number;
  /** Images that were read before, and where each is among them. */
  private kept: Uint8Array = new Uint8Array(0);
  private places: Int32Array | null = null;
  private used = 0;

  constructor(
    private readonly base: string,
    private readonly files: readonly string[],
    private readonly shape: ImageShape,
    private readonly fitting: Fitting,
  ) {
    this.width = shape.height * shape.width * shape.channels;
    this.exampleBytes = this.width;
  }

  make(examples: number): Uint8Array {
    return new Uint8Array(examples * this.width);
  }

  /** Keeps what it reads, up to so many bytes. Any image is as likely as another to be wanted again. */
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
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return values;
  }

  private async one(index: number): Promise<Uint8Array> {
    const place = this.places?.[index] ?? -1;
    if (place >= 0) return this.kept.subarray(place * this.width, (place + 1) * this.width);
    const values = fitImage(await readImage(this.base, this.files[index]!), this.shape, this.fitting);
    if (this.places && this.places[index]! < 0 && (this.used + 1) * this.width <= this.kept.length) {
      this.kept.set(values, this.used * this.width);
      this.places[index] = this.used++;
    }
    return values;
  }
}
