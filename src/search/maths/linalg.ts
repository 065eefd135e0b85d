/**
 * Linear algebra of a few hundred rows on plain typed arrays: row-major, a matrix's row i begins at i * stride. Golub &
 * Van Loan, "Matrix Computations" (4th edition, 2013), sections 3.1 (triangular systems) and 4.2 (Cholesky).
 *
 * Each sum is taken in one fixed order, whatever the blocking: results are the same on every platform, and rows
 * appended to a factor one at a time are bit-identical to a new factorization. The loops process two rows by two
 * columns at a time, which about doubles their speed.
 */

/**
 * Computes the lower Cholesky factor of a symmetric matrix in place; reads and writes only its lower triangle. Rows
 * before `from` already hold the factor. Returns false if the matrix is not positive definite.
 */
export function cholesky(a: Float64Array, n: number, stride = n, from = 0): boolean {
  let i = from;
  for (; i + 1 < n; i += 2) {
    const p = i * stride;
    const q = p + stride;
    let j = 0;
    for (; j + 1 < i; j += 2) {
      const u = j * stride;
      const v = u + stride;
      let [pu, pv, qu, qv] = [0, 0, 0, 0];
      for (let k = 0; k < j; k++) {
        const x = a[p + k]!;
        const y = a[q + k]!;
        const s = a[u + k]!;
        const t = a[v + k]!;
        pu += x * s;
        pv += x * t;
        qu += y * s;
        qv += y * t;
      }
      const d = a[u + j]!;
      const e = a[v + j + 1]!;
      const below = a[v + j]!;
      const x = (a[p + j] = (a[p + j]! - pu) / d);
      const y = (a[q + j] = (a[q + j]! - qu) / d);
      a[p + j + 1] = (a[p + j + 1]! - (pv + x * below)) / e;
      a[q + j + 1] = (a[q + j + 1]! - (qv + y * below)) / e;
    }
    if (!finishRow(a, i, j, stride) || !finishRow(a, i + 1, j, stride)) return false;
  }
  return i >= n || finishRow(a, i, 0, stride);
}

/** Computes row i of the factor from column j on. */
function finishRow(a: Float64Array, i: number, j: number, stride: number): boolean {
  const p = i * stride;
  for (; j <= i; j++) {
    const u = j * stride;
    let sum = 0;
    for (let k = 0; k < j; k++) sum += a[p + k]! * a[u + k]!;
    const rest = a[p + j]! - sum;
    if (j < i) a[p + j] = rest / a[u + j]!;
    else if (!(rest > 0) || rest === Infinity) return false;
    else a[p + j] = Math.sqrt(rest);
  }
  return true;
}

/** Solves L x = b in place, from row `from` of b on (the rows before it are already solved). */
export function solveLower(l: Float64Array, n: number, b: Float64Array, stride = n, from = 0): void {
  for (let i = from; i < n; i++) {
    const p = i * stride;
    let sum = 0;
    for (let k = 0; k < i; k++) sum += l[p + k]! * b[k]!;
    b[i] = (b[i]! - sum) / l[p + i]!;
  }
}

/** Solves Lᵀ x = b in place. */
export function solveLowerTransposed(l: Float64Array, n: number, b: Float64Array, stride = n): void {
  for (let i = n - 1; i >= 0; i--) {
    const p = i * stride;
    const x = (b[i] = b[i]! / l[p + i]!);
    for (let k = 0; k < i; k++) b[k] = b[k]! - x * l[p + k]!;
  }
}

/**
 * Writes the inverse of a lower triangular matrix to the lower triangle of `out`; row by row, so that rows can be
 * appended.
 */
export function invertLower(l: Float64Array, n: number, out: Float64Array, stride = n, from = 0): void {
  for (let i = from; i < n; i++) {
    const p = i * stride;
    const scale = -1 / l[p + i]!;
    for (let j = 0; j < i; j++) out[p + j] = 0;
    let k = 0;
    for (; k + 1 < i; k += 2) {
      const u = k * stride;
      const v = u + stride;
      const x = l[p + k]! * scale;
      const y = l[p + k + 1]! * scale;
      for (let j = 0; j <= k; j++) out[p + j] = out[p + j]! + x * out[u + j]! + y * out[v + j]!;
      out[p + k + 1] = y * out[v + k + 1]!;
    }
    if (k < i) {
      const u = k * stride;
      const x = l[p + k]! * scale;
      for (let j = 0; j <= k; j++) out[p + j] = out[p + j]! + x * out[u + j]!;
    }
    out[p + i] = -scale;
  }
}

/** Writes WᵀW of a lower triangular W to the lower triangle of `out`: with W = L⁻¹ it is the inverse of L Lᵀ. */
export function symmetricProduct(w: Float64Array, n: number, out: Float64Array, stride = n): void {
  for (let i = 0; i < n; i++) out.fill(0, i * stride, i * stride + i + 1);
  let k = 0;
  for (; k + 1 < n; k += 2) {
    const p = k * stride;
    const q = p + stride;
    for (let i = 0; i <= k; i++) {
      const x = w[p + i]!;
      const y = w[q + i]!;
      const r = i * stride;
      for (let j = 0; j <= i; j++) out[r + j] = out[r + j]! + x * w[p + j]! + y * w[q + j]!;
    }
    const y = w[q + k + 1]!;
    const r = (k + 1) * stride;
    for (let j = 0; j <= k + 1; j++) out[r + j] = out[r + j]! + y * w[q + j]!;
  }
  if (k < n) {
    const p = k * stride;
    for (let i = 0; i < n; i++) {
      const x = w[p + i]!;
      const r = i * stride;
      for (let j = 0; j <= i; j++) out[r + j] = out[r + j]! + x * w[p + j]!;
    }
  }
}

/** Computes y = W x for a lower triangular W. */
export function lowerTimes(w: Float64Array, n: number, x: Float64Array, y: Float64Array, stride = n): void {
  let i = 0;
  for (; i + 1 < n; i += 2) {
    const p = i * stride;
    const q = p + stride;
    let [s, t] = [0, 0];
    for (let k = 0; k <= i; k++) {
      const at = x[k]!;
      s += w[p + k]! * at;
      t += w[q + k]! * at;
    }
    y[i] = s;
    y[i + 1] = t + w[q + i + 1]! * x[i + 1]!;
  }
  if (i < n) {
    const p = i * stride;
    let s = 0;
    for (let k = 0; k <= i; k++) s += w[p + k]! * x[k]!;
    y[i] = s;
  }
}

/** Computes y = Wᵀ x for a lower triangular W. */
export function lowerTransposedTimes(w: Float64Array, n: number, x: Float64Array, y: Float64Array, stride = n): void {
  y.fill(0, 0, n);
  for (let k = 0; k < n; k++) {
    const p = k * stride;
    const at = x[k]!;
    for (let i = 0; i <= k; i++) y[i] = y[i]! + at * w[p + i]!;
  }
}

export function dot(a: Float64Array, b: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i]! * b[i]!;
  return sum;
}
