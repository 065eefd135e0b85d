/**
 * Draws lines into pixels, each below those before it. A canvas takes seconds for the strokes of ten thousand curves; here they cost
 * one pass over the pixels that they touch, and nothing where a pixel is covered already: most are, soon.
 */
export class Raster {
  /** Red, green, blue and alpha of each pixel, not premultiplied. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  private red = 0;
  private green = 0;
  private blue = 0;
  private alpha = 1;
  private half = 0.75;
  private dash: readonly number[] = [];
  private period = 0;
  /** The pixels as words, and an opaque pixel of the pen, in the order of bytes of this machine. */
  private readonly words: Uint32Array;
  /** 1: covered, nothing below it is seen. */
  private readonly covered: Uint8Array;
  private readonly pixel = new Uint8ClampedArray(4);
  private word = 0;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8ClampedArray(width * height * 4);
    this.words = new Uint32Array(this.pixels.buffer);
    this.covered = new Uint8Array(width * height);
  }

  /**
   * Colour (0 to 255), opacity and width in pixels of the lines that follow. `dash`: lengths that are drawn and left out in turns;
   * empty: all of a line is drawn.
   */
  pen(
    [red, green, blue]: readonly [number, number, number],
    alpha: number,
    width: number,
    dash: readonly number[] = [],
  ): void {
    [this.red, this.green, this.blue] = [red, green, blue];
    this.alpha = alpha;
    this.half = width / 2;
    this.pixel.set([red, green, blue, 255]);
    this.word = new Uint32Array(this.pixel.buffer)[0]!;
    this.dash = dash;
    this.period = dash.reduce((sum, one) => sum + one, 0);
  }

  /** Draws a line without its last pixel, antialiased. `from`: length along the dashes at which it begins. */
  line(x0: number, y0: number, x1: number, y1: number, from = 0): void {
    const { width, height, alpha, period, covered, words, word } = this;
    const dx = x1 - x0;
    const dy = y1 - y0;
    const isSteep = Math.abs(dy) > Math.abs(dx);
    const along = isSteep ? dy : dx;
    // A point has no direction; it is drawn as a pixel.
    const slope = along === 0 ? 0 : (isSteep ? dx : dy) / along;
    const start = isSteep ? y0 : x0;
    const side = isSteep ? x0 : y0;
    const step = along < 0 ? -1 : 1;
    // A line of this width covers so much on each side of its middle, measured along the other axis.
    const stretch = Math.sqrt(1 + slope * slope);
    const reach = this.half * stretch;
    const limit = isSteep ? height : width;
    const sides = isSteep ? width : height;
    // Places of pixels: one further along the line, and one further across it.
    const stride = isSteep ? width : 1;
    const across = isSteep ? 1 : width;
    const first = Math.floor(start);
    let count = Math.max(1, Math.abs(Math.floor(start + along) - first));
    let at = first;
    // Pixels outside are skipped at once.
    if (step > 0 && at < 0) {
      count += at;
      at = 0;
    } else if (step < 0 && at >= limit) {
      count -= at - limit + 1;
      at = limit - 1;
    }
    const perStep = Math.abs(along) < 1 ? 0 : stretch;
    for (; count > 0 && at >= 0 && at < limit; count--, at += step) {
      if (period > 0 && !isDrawn(this.dash, (from + Math.abs(at - start) * perStep) % period)) continue;
      const middle = side + (at + 0.5 - start) * slope;
      const low = middle - reach > 0 ? middle - reach : 0;
      const high = middle + reach < sides ? middle + reach : sides;
      let other = Math.floor(low);
      for (let place = at * stride + other * across; other < high; other++, place += across) {
        if (covered[place] === 1) continue;
        const cover = ((other + 1 < high ? other + 1 : high) - (other > low ? other : low)) * alpha;
        if (cover > 0.99 && words[place] === 0) {
          words[place] = word;
          covered[place] = 1;
        } else this.below(place, cover);
      }
    }
  }

  /** Adds the pen's colour as far as it is seen through what is there. */
  private below(place: number, alpha: number): void {
    const { pixels } = this;
    const at = place * 4;
    const above = pixels[at + 3]! / 255;
    const added = alpha * (1 - above);
    const after = above + added;
    if (after <= 0) return;
    const [own, other] = [added / after, above / after];
    pixels[at] = this.red * own + pixels[at]! * other;
    pixels[at + 1] = this.green * own + pixels[at + 1]! * other;
    pixels[at + 2] = this.blue * own + pixels[at + 2]! * other;
    const opacity = Math.round(after * 255);
    pixels[at + 3] = opacity;
    // The rest would be less than a step of a colour.
    if (opacity < 253) return;
    pixels[at + 3] = 255;
    this.covered[place] = 1;
  }
}

function isDrawn(dash: readonly number[], place: number): boolean {
  for (let i = 0; i < dash.length; i++) {
    if (place < dash[i]!) return i % 2 === 0;
    place -= dash[i]!;
  }
  return true;
}
