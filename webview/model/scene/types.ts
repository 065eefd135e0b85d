/** Points, lines and surfaces in three dimensions. */

export interface Scene {
  /** x, y, z of each point. */
  places: Float32Array;
  /** Red, green and blue of each point; null: it has none. */
  colors: Uint8Array | null;
  /** Three places in the list of points for each triangle. */
  faces: Uint32Array;
  /** Two for each line. */
  edges: Uint32Array;
  /** Number of points that the program had; the file may have fewer. */
  total: number;
}

/** Points and triangles of one file that are read. */
export const MOST_POINTS = 2_000_000;
export const MOST_FACES = 2_000_000;
