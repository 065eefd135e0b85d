/**
 * C = A·B (+ bias), or C += A·B. Eight columns of B at a time are packed row by row, so that a transposed B costs hardly more and
 * the innermost loop reads contiguous memory; it computes four rows of C.
 */
import { FunctionBuilder, f32, get, i32, increase, loop, set, v128, when, type Code, type Local } from './assembler.js';

const COLUMNS = 8;
const ROWS = 4;
/** Unrolled steps of the innermost loop. */
const UNROLLED = 4;
/** Bytes of a row of eight numbers. */
const ROW = COLUMNS * 4;
/** Layout of the scratch memory: the bias of eight columns, some rows of C, and the packed columns. */
const TILE = ROW;
const PACKED = TILE + ROWS * ROW;

/** Returns the bytes of scratch memory for a product with `inner` columns of A. */
export const scratchBytes = (inner: number): number => PACKED + inner * ROW;

/**
 * (a, aRow, b, bRow, bColumn, c, cRow, rows, columns, inner, bias, scratch): addresses, strides and counts. Strides are
 * in bytes; columns of A and C are contiguous. A bias of 0 means none.
 */
export function matMul({ add }: { add: boolean }): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 12 }, () => 'i32' as const));
  const [a, aRow, b, bRow, bColumn, c, cRow, m, n, k, bias, scratch] = f.arguments as Locals;
  const [column, width, inner, i, j, from, to, out, outRow] = Array.from({ length: 9 }, () => f.local('i32')) as Locals;
  const rows = Array.from({ length: ROWS }, () => f.local('i32'));
  const sums = Array.from({ length: ROWS }, (): Pair => [f.local('v128'), f.local('v128')]);
  const [left, right] = [f.local('v128'), f.local('v128')];
  const factor = f.local('v128');

  /** Copies one row's numbers to `to`, padded with zeros to eight columns. */
  const packRow = (rowFrom: Code, step: Code): Code => [
    ...v128.store(get(to), v128.of(0)),
    ...v128.store(get(to), v128.of(0), 16),
    ...set(from, rowFrom),
    ...set(j, i32.of(0)),
    ...loop(j, get(width), 1, [
      ...f32.store(i32.add(get(to), i32.shl(get(j), i32.of(2))), f32.load(get(from))),
      ...increase(from, step),
    ]),
  ];

  const pack: Code = [
    ...set(to, get(scratch)),
    ...when(get(bias), packRow(i32.add(get(bias), i32.shl(get(column), i32.of(2))), i32.of(4)), [
      ...v128.store(get(to), v128.of(0)),
      ...v128.store(get(to), v128.of(0), 16),
    ]),
    ...set(to, i32.add(get(scratch), i32.of(PACKED))),
    ...set(outRow, i32.add(get(b), i32.mul(get(column), get(bColumn)))),
    ...set(inner, i32.of(0)),
    ...when(
      i32.and(i32.eq(get(bColumn), i32.of(4)), i32.eq(get(width), i32.of(COLUMNS))),
      loop(inner, get(k), 1, [
        ...v128.store(get(to), v128.load(get(outRow))),
        ...v128.store(get(to), v128.load(get(outRow), 16), 16),
        ...increase(to, i32.of(ROW)),
        ...increase(outRow, get(bRow)),
      ]),
      loop(inner, get(k), 1, [
        ...packRow(get(outRow), get(bColumn)),
        ...increase(to, i32.of(ROW)),
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
      const [first, second] = sums[r]!;
      code.push(...set(first, v128.load(get(scratch))), ...set(second, v128.load(get(scratch), 16)));
    }
    code.push(...set(from, i32.add(get(scratch), i32.of(PACKED))), ...set(inner, i32.of(0)));
    const steps = (unrolled: number): Code => {
      const step: number[] = [];
      for (let u = 0; u < unrolled; u++) {
        step.push(...set(left, v128.load(get(from), u * ROW)), ...set(right, v128.load(get(from), u * ROW + 16)));
        for (let r = 0; r < count; r++) {
          const [first, second] = sums[r]!;
          step.push(
            ...set(factor, v128.loadSplat(get(rows[r]!), u * 4)),
            ...set(first, v128.fused(get(factor), get(left), get(first))),
            ...set(second, v128.fused(get(factor), get(right), get(second))),
          );
        }
      }
      for (let r = 0; r < count; r++) step.push(...increase(rows[r]!, i32.of(unrolled * 4)));
      step.push(...increase(from, i32.of(unrolled * ROW)));
      return loop(inner, get(k), unrolled, step);
    };
    code.push(...steps(UNROLLED), ...steps(1));
    const place = i32.add(i32.add(get(c), i32.mul(get(i), get(cRow))), i32.shl(get(column), i32.of(2)));
    const store = (stride: Code, isSum: boolean): number[] =>
      sums
        .slice(0, count)
        .flatMap(([first, second]) => [
          ...v128.store(get(out), isSum ? v128.add(v128.load(get(out)), get(first)) : get(first)),
          ...v128.store(get(out), isSum ? v128.add(v128.load(get(out), 16), get(second)) : get(second), 16),
          ...increase(out, stride),
        ]);
    // When fewer than eight columns are left, C must not be written beyond them.
    const copyRows: number[] = [];
    const number = i32.add(get(out), i32.shl(get(j), i32.of(2)));
    for (let r = 0; r < count; r++) {
      const sum = f32.load(i32.add(get(scratch), i32.shl(get(j), i32.of(2))), TILE + r * ROW);
      copyRows.push(
        ...set(j, i32.of(0)),
        ...loop(j, get(width), 1, f32.store(number, add ? f32.add(f32.load(number), sum) : sum)),
        ...increase(out, get(cRow)),
      );
    }
    code.push(
      ...when(
        i32.eq(get(width), i32.of(COLUMNS)),
        [...set(out, place), ...store(get(cRow), add)],
        [
          ...set(out, i32.add(get(scratch), i32.of(TILE))),
          ...store(i32.of(ROW), false),
          ...set(out, place),
          ...copyRows,
        ],
      ),
    );
    return code;
  };

  const rowsOfC: Code = [...set(i, i32.of(0)), ...loop(i, get(m), ROWS, tile(ROWS)), ...loop(i, get(m), 1, tile(1))];
  const eight: Code = [...pack, ...rowsOfC];
  f.emit(
    set(width, i32.of(COLUMNS)),
    set(column, i32.of(0)),
    loop(column, get(n), COLUMNS, eight),
    set(width, i32.sub(get(n), get(column))),
    when(get(width), eight),
  );
  return f;
}

type Pair = readonly [Local, Local];
/** Tuple that is long enough to destructure. */
type Locals = [Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local];
