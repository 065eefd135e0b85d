/** Singular value decomposition by one-sided Jacobi rotations (Hestenes, J. SIAM 6, 1958). */
import { setImmediate as yieldToEvents } from 'node:timers/promises';

export interface Svd {
  /** [rows, rank], column by column. */
  u: Float64Array[];
  /** Singular values in descending order. */
  s: Float64Array;
  /** [columns, rank], column by column. */
  v: Float64Array[];
}

const SWEEPS = 60;
const TOLERANCE = 1e-10;

/**
 * Decomposes a row-major matrix, A = U·diag(s)·Vᵀ. Takes about rows · columns² operations per sweep, for the smaller
 * dimension as columns, and lets other work run between them.
 */
export async function svd(values: ArrayLike<number>, rows: number, columns: number): Promise<Svd> {
  if (rows < columns) {
    const turned = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = values[i * columns + j]!;
    const { u, s, v } = await svd(turned, columns, rows);
    return { u: v, s, v: u };
  }
  const a = Array.from({ length: columns }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) => values[i * columns + j]!),
  );
  const v = Array.from({ length: columns }, (_, j) => {
    const column = new Float64Array(columns);
    column[j] = 1;
    return column;
  });
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false;
    for (let p = 0; p < columns - 1; p++) {
      for (let q = p + 1; q < columns; q++) rotated = orthogonalize(a, v, p, q) || rotated;
      await yieldToEvents();
    }
    if (!rotated) break;
  }
  const norms = a.map((column) => Math.sqrt(dot(column, column)));
  const order = norms.map((_, j) => j).sort((x, y) => norms[y]! - norms[x]!);
  return {
    u: order.map((j) => a[j]!.map((value) => (norms[j]! > 0 ? value / norms[j]! : 0))),
    s: Float64Array.from(order, (j) => norms[j]!),
    v: order.map((j) => v[j]!),
  };
}

/** Rotates two columns so that they become orthogonal; returns false if they are already. */
function orthogonalize(a: Float64Array[], v: Float64Array[], p: number, q: number): boolean {
  const [x, y] = [a[p]!, a[q]!];
  const [alpha, beta, gamma] = [dot(x, x), dot(y, y), dot(x, y)];
  if (Math.abs(gamma) <= TOLERANCE * Math.sqrt(alpha * beta)) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + t * t);
  rotate(x, y, cosine, cosine * t);
  rotate(v[p]!, v[q]!, cosine, cosine * t);
  return true;
}

function rotate(x: Float64Array, y: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < x.length; i++) {
    const [left, right] = [x[i]!, y[i]!];
    x[i] = cosine * left - sine * right;
    y[i] = sine * left + cosine * right;
  }
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}
