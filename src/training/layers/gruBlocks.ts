/** Returns a copy in which the first two blocks of every row are swapped: Keras orders a GRU's blocks update, reset. */
export function swapBlocks(values: Float32Array, units: number, width: number): Float32Array {
  const result = values.slice();
  for (let row = 0; row < values.length; row += width) {
    result.set(values.subarray(row + units, row + 2 * units), row);
    result.set(values.subarray(row, row + units), row + units);
  }
  return result;
}
