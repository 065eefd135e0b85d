/** Mean and standard deviation of `width` interleaved columns, in one pass (Welford's method). */
export class Moments {
  private readonly means: Float64Array;
  private readonly squares: Float64Array;
  private rows = 0;

  constructor(private readonly width: number) {
    this.means = new Float64Array(width);
    this.squares = new Float64Array(width);
  }

  /** Adds whole rows. */
  add(values: ArrayLike<number>): void {
    if (this.width === 1) return this.addOne(values);
    for (let at = 0; at < values.length; at += this.width) {
      this.rows++;
      for (let column = 0; column < this.width; column++) {
        const value = values[at + column]!;
        const delta = value - this.means[column]!;
        this.means[column]! += delta / this.rows;
        this.squares[column]! += delta * (value - this.means[column]!);
      }
    }
  }

  /** Adds values of a single column, several times as fast. */
  private addOne(values: ArrayLike<number>): void {
    let [rows, mean, squares] = [this.rows, this.means[0]!, this.squares[0]!];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const delta = value - mean;
      mean += delta / ++rows;
      squares += delta * (value - mean);
    }
    [this.rows, this.means[0], this.squares[0]] = [rows, mean, squares];
  }

  /** Returns mean and standard deviation; a constant column has a deviation of 1. */
  read(): { mean: number; deviation: number }[] {
    return Array.from(this.means, (mean, column) => {
      const deviation = Math.sqrt(this.squares[column]! / this.rows);
      return { mean, deviation: deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? deviation : 1 };
    });
  }
}

export function standardization(values: ArrayLike<number>, width: number): { mean: number; deviation: number }[] {
  const moments = new Moments(width);
  moments.add(values);
  return moments.read();
}
