/**
 * Smooth random displacements (Simard, Steinkraus & Platt, ICDAR 2003, section 2). The paper smooths a noise field with
 * a Gaussian. Here the field is drawn as cubic B-splines over a coarse grid of Gaussian numbers: a spline with spacing
 * s approximates a Gaussian of standard deviation s/√3 (Unser, Aldroubi & Eden 1992), at a tenth of the cost.
 */
import type { Random } from '../random.js';
import { normals } from './normals.js';
import type { ImageShape } from './types.js';

export class ElasticField {
  /** Vertical displacement of each pixel. */
  readonly y: Float32Array;
  readonly x: Float32Array;
  private readonly rows: Axis;
  private readonly columns: Axis;
  private readonly grid: Float32Array;
  private readonly half: Float32Array;
  private readonly factor: number;

  /** `distance`: standard deviation of the displacements in pixels; `smoothness`: that of the Gaussian. */
  constructor(
    private readonly shape: ImageShape,
    { distance, smoothness }: { distance: number; smoothness: number },
  ) {
    const { height, width } = shape;
    this.rows = axis(height, smoothness);
    this.columns = axis(width, smoothness);
    // Random numbers are generated in pairs.
    this.grid = new Float32Array(2 * Math.ceil((this.rows.knots * this.columns.knots) / 2));
    this.half = new Float32Array(this.rows.knots * width);
    this.y = new Float32Array(height * width);
    this.x = new Float32Array(height * width);
    // The spline weights reduce the variance; this is what remains, averaged over the image.
    this.factor = distance / Math.sqrt(this.rows.variance * this.columns.variance);
  }

  draw(random: Random): void {
    this.fill(this.y, random);
    this.fill(this.x, random);
  }

  private fill(field: Float32Array, random: Random): void {
    const { grid, half, rows, columns, factor } = this;
    const { height, width } = this.shape;
    const table = normals();
    for (let i = 0; i < grid.length; i += 2) {
      const bits = random.bits();
      grid[i] = table[bits & 0xffff]! * factor;
      grid[i + 1] = table[bits >>> 16]! * factor;
    }
    const { first, weights } = columns;
    for (let knot = 0; knot < rows.knots; knot++) {
      const at = knot * columns.knots;
      for (let c = 0; c < width; c++) {
        const g = at + first[c]!;
        const w = 4 * c;
        half[knot * width + c] =
          weights[w]! * grid[g]! +
          weights[w + 1]! * grid[g + 1]! +
          weights[w + 2]! * grid[g + 2]! +
          weights[w + 3]! * grid[g + 3]!;
      }
    }
    for (let r = 0; r < height; r++) {
      const w = 4 * r;
      const a = rows.weights[w]!;
      const b = rows.weights[w + 1]!;
      const c = rows.weights[w + 2]!;
      const d = rows.weights[w + 3]!;
      const start = rows.first[r]! * width;
      for (let i = 0, at = r * width, h = start; i < width; i++, at++, h++) {
        field[at] = a * half[h]! + b * half[h + width]! + c * half[h + 2 * width]! + d * half[h + 3 * width]!;
      }
    }
  }
}

interface Axis {
  knots: number;
  /** Index of the first of the four knots that influence each pixel; `weights` holds their weights. */
  first: Int32Array;
  weights: Float32Array;
  /** Mean over pixels of the sum of squared weights. */
  variance: number;
}

function axis(length: number, smoothness: number): Axis {
  const spacing = smoothness * Math.sqrt(3);
  const first = new Int32Array(length);
  const weights = new Float32Array(4 * length);
  let variance = 0;
  for (let i = 0; i < length; i++) {
    const at = (i + 0.5) / spacing;
    const k = Math.floor(at);
    const t = at - k;
    const s = 1 - t;
    first[i] = k;
    const four = [s ** 3 / 6, 2 / 3 - t * t + t ** 3 / 2, 2 / 3 - s * s + s ** 3 / 2, t ** 3 / 6];
    weights.set(four, 4 * i);
    variance += four.reduce((sum, w) => sum + w * w, 0) / length;
  }
  return { knots: first[length - 1]! + 4, first, weights, variance };
}
