/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi rotations, row by row (Golub & Van Loan, "Matrix
 * Computations", 4th ed., section 8.5): accurate to machine precision, and fast enough for a search's hundred
 * dimensions.
 */
const SWEEPS = 60;

/**
 * Decomposes `matrix` (n × n by rows), which is left unchanged. Writes the eigenvectors to the columns of `vectors` and
 * the eigenvalues to `values`, in no particular order.
 */
export function eigen(matrix: Float64Array, n: number, vectors: Float64Array, values: Float64Array): void {
  const a = matrix.slice();
  vectors.fill(0);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let [off, diagonal] = [0, 0];
    for (let i = 0; i < n; i++) {
      diagonal += square(a[i * n + i]!);
      for (let j = i + 1; j < n; j++) off += square(a[i * n + j]!);
    }
    if (!(off > 1e-30 * diagonal)) break;
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, n, p, q);
  }
  for (let i = 0; i < n; i++) values[i] = a[i * n + i]!;
}

/** Rotates in the plane of p and q so that their off-diagonal element becomes 0. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const common = a[p * n + q]!;
  const [pp, qq] = [a[p * n + p]!, a[q * n + q]!];
  if (Math.abs(common) <= 1e-17 * Math.sqrt(Math.abs(pp * qq))) return;
  const theta = (qq - pp) / (2 * common);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  a[p * n + p] = pp - t * common;
  a[q * n + q] = qq + t * common;
  a[p * n + q] = a[q * n + p] = 0;
  for (let k = 0; k < n; k++) {
    if (k !== p && k !== q) {
      const [kp, kq] = [a[k * n + p]!, a[k * n + q]!];
      a[k * n + p] = a[p * n + k] = c * kp - s * kq;
      a[k * n + q] = a[q * n + k] = s * kp + c * kq;
    }
    const [vp, vq] = [vectors[k * n + p]!, vectors[k * n + q]!];
    vectors[k * n + p] = c * vp - s * vq;
    vectors[k * n + q] = s * vp + c * vq;
  }
}

const square = (x: number): number => x * x;
