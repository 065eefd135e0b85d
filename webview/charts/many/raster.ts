/**
 * Draws lines into pixels. A canvas takes seconds for the strokes of ten thousand curves; here they cost one pass over the
 * pixels that they touch.
 */
export class Raster {
  /** Red, green, blue and alpha of each pixel, not premultiplied. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  private red = 0;
  private green = 0;
  private blue = 0;
  private alpha = 1;
  private half = 0.75;
  /** The pixels as words, and an opaque pixel of the pen, in the order of bytes of this machine. */
  private readonly words: Uint32Array;
  private readonly pixel = new Uint8ClampedArray(4);
  private word = 0;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8ClampedArray(width * height * 4);
    this.words = new Uint32Array(this.pixels.buffer);
  }

  /** Colour (0 to 255), opacity and width in pixels of the lines that follow. */
  pen([red, green, blue]: readonly [number, number, number], alpha: number, width: number): void {
    [this.red, this.green, this.blue] = [red, green, blue];
    this.alpha = alpha;
    this.half = width / 2;
    this.pixel.set([red, green, blue, 255]);
    this.word = new Uint32Array(this.pixel.buffer)[0]!;
  }

  /**
   * Draws a line without its last pixel, antialiased. `dash`: lengths that are drawn and left out in turns, from `from` on along
   * the line; empty: all of it is drawn.
   */
  line(x0: number, y0: number, x1: number, y1: number, dash: readonly number[] = [], from = 0): void {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const isSteep = Math.abs(dy) > Math.abs(dx);
    const length = Math.hypot(dx, dy);
    const [along, across] = isSteep ? [dy, dx] : [dx, dy];
    // A point has no direction; it is drawn as a pixel.
    const slope = along === 0 ? 0 : across / along;
    const [start, side] = isSteep ? [y0, x0] : [x0, y0];
    const step = along < 0 ? -1 : 1;
    // A line of this width covers so much on each side of its middle, measured along the other axis.
    const reach = this.half * Math.sqrt(1 + slope * slope);
    const limit = isSteep ? this.height : this.width;
    const sides = isSteep ? this.width : this.height;
    const first = Math.floor(start);
    let count = Math.max(1, Math.abs(Math.floor(start + along) - first));
    let at = first;
    // Pixels outside are skipped at once.
    if (step > 0 && at < 0) [count, at] = [count + at, 0];
    else if (step < 0 && at >= limit) [count, at] = [count - (at - limit + 1), limit - 1];
    const period = dash.reduce((sum, one) => sum + one, 0);
    const perStep = Math.abs(along) < 1 ? 0 : length / Math.abs(along);
    for (; count > 0 && at >= 0 && at < limit; count--, at += step) {
      if (period > 0 && !isDrawn(dash, (from + Math.abs(at - start) * perStep) % period)) continue;
      const middle = side + (at + 0.5 - start) * slope;
      const low = Math.max(0, middle - reach);
      const high = Math.min(sides, middle + reach);
      for (let other = Math.floor(low); other < high; other++) {
        const cover = Math.min(other + 1, high) - Math.max(other, low);
        const place = isSteep ? at * this.width + other : other * this.width + at;
        if (cover * this.alpha > 0.99) this.words[place] = this.word;
        else this.blend(place * 4, cover * this.alpha);
      }
    }
  }

  private blend(at: number, alpha: number): void {
    const { pixels } = this;
    const before = (pixels[at + 3]! / 255) * (1 - alpha);
    const after = alpha + before;
    const [own, other] = [alpha / after, before / after];
    pixels[at] = this.red * own + pixels[at]! * other;
    pixels[at + 1] = this.green * own + pixels[at + 1]! * other;
    pixels[at + 2] = this.blue * own + pixels[at + 2]! * other;
    pixels[at + 3] = after * 255;
  }
}

function isDrawn(dash: readonly number[], place: number): boolean {
  for (let i = 0; i < dash.length; i++) {
    if (place < dash[i]!) return i % 2 === 0;
    place -= dash[i]!;
  }
  return true;
}
