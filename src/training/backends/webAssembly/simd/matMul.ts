/**
 * C = A·B (+ bias), or C += A·B. Some columns of B at a time are packed row by row, so that a transposed B costs hardly more and
 * the innermost loop reads contiguous memory; it computes four rows of C. Every number of C is summed in the same order, however
 * many columns are packed.
 */
import { FunctionBuilder, f32, get, i32, increase, loop, set, v128, when, type Code, type Local } from './assembler.js';

/** Columns at a time: their sums fill the registers of 128 bits, or those of 256. */
export const NARROW = 8;
export const WIDE = 16;
const ROWS = 4;
/** Unrolled steps of the innermost loop. */
const UNROLLED = 4;

/** Returns the bytes of scratch memory for a product with `inner` columns of A. */
export const scratchBytes = (inner: number): number => (1 + ROWS + inner) * WIDE * 4;

/**
 * (a, aRow, b, bRow, bColumn, c, cRow, rows, columns, inner, bias, scratch): addresses, strides and counts. Strides are
 * in bytes; columns of A and C are contiguous. A bias of 0 means none.
 */
export function matMul({ add, columns }: { add: boolean; columns: number }): FunctionBuilder {
  // Layout of the scratch memory: the bias of the columns, some rows of C, and the packed columns.
  const rowBytes = columns * 4;
  const tileAt = rowBytes;
  const packedAt = tileAt + ROWS * rowBytes;
  const vectors = Array.from({ length: columns / 4 }, (_, v) => 16 * v);
  const f = new FunctionBuilder(Array.from({ length: 12 }, () => 'i32' as const));
  const [a, aRow, b, bRow, bColumn, c, cRow, m, n, k, bias, scratch] = f.arguments as Locals;
  const [column, width, inner, i, j, from, to, out, outRow] = Array.from({ length: 9 }, () => f.local('i32')) as Locals;
  const rows = Array.from({ length: ROWS }, () => f.local('i32'));
  const sums = rows.map(() => vectors.map(() => f.local('v128')));
  const factors = vectors.map(() => f.local('v128'));
  const factor = f.local('v128');

  const zeros: Code = vectors.flatMap((at) => v128.store(get(to), v128.of(0), at));
  /** Copies one row's numbers to `to`, padded with zeros. */
  const packRow = (rowFrom: Code, step: Code): Code => [
    ...zeros,
    ...set(from, rowFrom),
    ...set(j, i32.of(0)),
    ...loop(j, get(width), 1, [
      ...f32.store(i32.add(get(to), i32.shl(get(j), i32.of(2))), f32.load(get(from))),
      ...increase(from, step),
    ]),
  ];

  const pack: Code = [
    ...set(to, get(scratch)),
    ...when(get(bias), packRow(i32.add(get(bias), i32.shl(get(column), i32.of(2))), i32.of(4)), zeros),
    ...set(to, i32.add(get(scratch), i32.of(packedAt))),
    ...set(outRow, i32.add(get(b), i32.mul(get(column), get(bColumn)))),
    ...set(inner, i32.of(0)),
    ...when(
      i32.and(i32.eq(get(bColumn), i32.of(4)), i32.eq(get(width), i32.of(columns))),
      loop(inner, get(k), 1, [
        ...vectors.flatMap((at) => v128.store(get(to), v128.load(get(outRow), at), at)),
        ...increase(to, i32.of(rowBytes)),
        ...increase(outRow, get(bRow)),
      ]),
      loop(inner, get(k), 1, [
        ...packRow(get(outRow), get(bColumn)),
        ...increase(to, i32.of(rowBytes)),
        ...increase(outRow, get(bRow)),
      ]),
    ),
  ];

  /** Computes `count` rows of C from row i on. */
  const tile = (count: number): Code => {
    const code: number[] = [];
    for (let r = 0; r < count; r++) {
      const above = r === 0 ? i32.add(get(a), i32.mul(get(i), get(aRow))) : i32.add(get(rows[r - 1]!), get(aRow));
      code.push(...set(rows[r]!, above));
      code.push(...vectors.flatMap((at, v) => set(sums[r]![v]!, v128.load(get(scratch), at))));
    }
    code.push(...set(from, i32.add(get(scratch), i32.of(packedAt))), ...set(inner, i32.of(0)));
    const steps = (unrolled: number): Code => {
      const step: number[] = [];
      for (let u = 0; u < unrolled; u++) {
        step.push(...vectors.flatMap((at, v) => set(factors[v]!, v128.load(get(from), u * rowBytes + at))));
        for (let r = 0; r < count; r++) {
          step.push(
            ...set(factor, v128.loadSplat(get(rows[r]!), u * 4)),
            ...sums[r]!.flatMap((sum, v) => set(sum, v128.fused(get(factor), get(factors[v]!), get(sum)))),
          );
        }
      }
      for (let r = 0; r < count; r++) step.push(...increase(rows[r]!, i32.of(unrolled * 4)));
      step.push(...increase(from, i32.of(unrolled * rowBytes)));
      return loop(inner, get(k), unrolled, step);
    };
    code.push(...steps(UNROLLED), ...steps(1));
    const place = i32.add(i32.add(get(c), i32.mul(get(i), get(cRow))), i32.shl(get(column), i32.of(2)));
    const store = (stride: Code, isSum: boolean): number[] =>
      sums
        .slice(0, count)
        .flatMap((row) => [
          ...vectors.flatMap((at, v) =>
            v128.store(get(out), isSum ? v128.add(v128.load(get(out), at), get(row[v]!)) : get(row[v]!), at),
          ),
          ...increase(out, stride),
        ]);
    // When fewer columns are left, C must not be written beyond them.
    const copyRows: number[] = [];
    const number = i32.add(get(out), i32.shl(get(j), i32.of(2)));
    for (let r = 0; r < count; r++) {
      const sum = f32.load(i32.add(get(scratch), i32.shl(get(j), i32.of(2))), tileAt + r * rowBytes);
      copyRows.push(
        ...set(j, i32.of(0)),
        ...loop(j, get(width), 1, f32.store(number, add ? f32.add(f32.load(number), sum) : sum)),
        ...increase(out, get(cRow)),
      );
    }
    code.push(
      ...when(
        i32.eq(get(width), i32.of(columns)),
        [...set(out, place), ...store(get(cRow), add)],
        [
          ...set(out, i32.add(get(scratch), i32.of(tileAt))),
          ...store(i32.of(rowBytes), false),
          ...set(out, place),
          ...copyRows,
        ],
      ),
    );
    return code;
  };

  const rowsOfC: Code = [...set(i, i32.of(0)), ...loop(i, get(m), ROWS, tile(ROWS)), ...loop(i, get(m), 1, tile(1))];
  const panel: Code = [...pack, ...rowsOfC];
  f.emit(
    set(width, i32.of(columns)),
    set(column, i32.of(0)),
    loop(column, get(n), columns, panel),
    set(width, i32.sub(get(n), get(column))),
    when(get(width), panel),
  );
  return f;
}

/** Tuple that is long enough to destructure. */
type Locals = [Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local];
