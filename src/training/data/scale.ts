/** Mean and deviation of each of `width` interleaved columns (Welford's method); a constant column has deviation 1. */
export function standardization(values: ArrayLike<number>, width: number): { mean: number; deviation: number }[] {
  const rows = values.length / width;
  return Array.from({ length: width }, (_, column) => {
    let mean = 0;
    let squares = 0;
    for (let row = 0; row < rows; row++) {
      const value = values[row * width + column]!;
      const delta = value - mean;
      mean += delta / (row + 1);
      squares += delta * (value - mean);
    }
    const deviation = Math.sqrt(squares / rows);
    return { mean, deviation: deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? deviation : 1 };
  });
}
