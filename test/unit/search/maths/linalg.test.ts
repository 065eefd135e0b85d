import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import * as linalg from '../../../../src/search/maths/linalg.js';
import { createRandom } from '../../../../src/search/maths/random.js';

const random = createRandom(4);
const numbers = (count: number) => Float64Array.from({ length: count }, () => random.normal());
/** Returns a symmetric positive definite matrix with rows `stride` apart. */
function definite(n: number, stride = n): Float64Array {
  const b = numbers(n * n);
  const a = new Float64Array(n * stride).fill(NaN);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = i === j ? 0.1 : 0;
      for (let k = 0; k < n; k++) sum += b[i * n + k]! * b[j * n + k]!;
      a[i * stride + j] = sum;
    }
  }
  return a;
}
const matrix = (a: Float64Array, n: number, stride = n) =>
  new Matrix(Array.from({ length: n }, (_, i) => Array.from(a.subarray(i * stride, i * stride + n))));

describe.each([1, 2, 3, 7, 16, 41])('linear algebra with %d rows', (n) => {
  const stride = n + 3;
  const a = definite(n, stride);
  const l = a.slice();
  const w = new Float64Array(n * stride);
  const fine = linalg.cholesky(l, n, stride);
  linalg.invertLower(l, n, w, stride);
  const reference = matrix(a, n, stride);

  it('agrees with a library: factor, inverses', () => {
    expect(fine).toBe(true);
    const lower = new CholeskyDecomposition(reference).lowerTriangularMatrix;
    const inverseLower = inverse(lower);
    const whole = inverse(reference);
    const product = new Float64Array(n * stride);
    linalg.symmetricProduct(w, n, product, stride);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        expect(l[i * stride + j]).toBeCloseTo(lower.get(i, j), 9);
        expect(w[i * stride + j]! / (1 + Math.abs(inverseLower.get(i, j)))).toBeCloseTo(
          inverseLower.get(i, j) / (1 + Math.abs(inverseLower.get(i, j))),
          8,
        );
        expect(product[i * stride + j]! / (1 + Math.abs(whole.get(i, j)))).toBeCloseTo(
          whole.get(i, j) / (1 + Math.abs(whole.get(i, j))),
          7,
        );
      }
    }
  });

  it('solves and multiplies', () => {
    const b = numbers(n);
    const x = b.slice();
    linalg.solveLower(l, n, x, stride);
    const y = new Float64Array(n);
    linalg.lowerTimes(w, n, b, y, stride);
    for (let i = 0; i < n; i++) expect(y[i]! / (1 + Math.abs(x[i]!))).toBeCloseTo(x[i]! / (1 + Math.abs(x[i]!)), 9);
    const z = new Float64Array(n);
    linalg.lowerTransposedTimes(w, n, x, z, stride);
    linalg.solveLowerTransposed(l, n, x, stride);
    const back = reference.mmul(Matrix.columnVector(Array.from(x)));
    for (let i = 0; i < n; i++) {
      expect(back.get(i, 0)).toBeCloseTo(b[i]!, 6);
      expect(z[i]! / (1 + Math.abs(x[i]!))).toBeCloseTo(x[i]! / (1 + Math.abs(x[i]!)), 7);
    }
  });

  it('appends rows one by one, bit-identical to all at once', () => {
    const grown = a.slice();
    const grownInverse = new Float64Array(n * stride);
    for (let rows = 1; rows <= n; rows++) {
      expect(linalg.cholesky(grown, rows, stride, rows - 1)).toBe(true);
      linalg.invertLower(grown, rows, grownInverse, stride, rows - 1);
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        expect(grown[i * stride + j]).toBe(l[i * stride + j]);
        expect(grownInverse[i * stride + j]).toBe(w[i * stride + j]);
      }
    }
  });
});

describe('the Cholesky factor', () => {
  it('is refused for a matrix that is not positive definite', () => {
    expect(linalg.cholesky(Float64Array.of(1, 0, 2, 1), 2)).toBe(false);
    expect(linalg.cholesky(Float64Array.of(0), 1)).toBe(false);
    expect(linalg.cholesky(Float64Array.of(NaN), 1)).toBe(false);
  });
});
