import { FunctionBuilder, f32, get, i32, increase, loop, set, v128, type Code, type Local } from './assembler.js';

/**
 * (from, rows, columns, to): transposes from [rows, columns] into to [columns, rows]; blocks of four by four, then the
 * rest.
 */
export function transpose(): FunctionBuilder {
  const f = new FunctionBuilder(['i32', 'i32', 'i32', 'i32']);
  const [from, rows, columns, to] = f.arguments as [Local, Local, Local, Local];
  const [i, j, source, target, stride] = Array.from({ length: 5 }, () => f.local('i32')) as Five;
  const vectors = Array.from({ length: 4 }, () => f.local('v128')) as Four;
  const mixed = Array.from({ length: 4 }, () => f.local('v128')) as Four;
  const [a, b, c, d] = vectors;
  const [p, q, r, s] = mixed;
  const at = (base: Local, row: Code, width: Local, column: Code): Code =>
    i32.add(get(base), i32.shl(i32.add(i32.mul(row, get(width)), column), i32.of(2)));
  const low = (x: Local, y: Local): Code => v128.shuffle(get(x), get(y), [0, 4, 1, 5]);
  const high = (x: Local, y: Local): Code => v128.shuffle(get(x), get(y), [2, 6, 3, 7]);
  const fours: Code = [
    ...set(source, at(from, get(i), columns, get(j))),
    ...vectors.flatMap((vector) => [
      ...set(vector, v128.load(get(source))),
      ...increase(source, i32.shl(get(columns), i32.of(2))),
    ]),
    ...[...set(p, low(a, c)), ...set(q, high(a, c)), ...set(r, low(b, d)), ...set(s, high(b, d))],
    ...set(target, at(to, get(j), rows, get(i))),
    ...[low(p, r), high(p, r), low(q, s), high(q, s)].flatMap((row) => [
      ...v128.store(get(target), row),
      ...increase(target, get(stride)),
    ]),
  ];
  const single: Code = f32.store(at(to, get(j), rows, get(i)), f32.load(at(from, get(i), columns, get(j))));
  f.emit(
    set(stride, i32.shl(get(rows), i32.of(2))),
    set(i, i32.of(0)),
    loop(i, get(rows), 4, [
      ...set(j, i32.of(0)),
      ...loop(j, get(columns), 4, fours),
      // Remaining columns of these four rows.
      ...loop(j, get(columns), 1, [
        ...set(source, at(from, get(i), columns, get(j))),
        ...set(target, at(to, get(j), rows, get(i))),
        ...[0, 4, 8, 12].flatMap((offset) => [
          ...f32.store(get(target), f32.load(get(source)), offset),
          ...increase(source, i32.shl(get(columns), i32.of(2))),
        ]),
      ]),
    ]),
    loop(i, get(rows), 1, [...set(j, i32.of(0)), ...loop(j, get(columns), 1, single)]),
  );
  return f;
}

type Four = [Local, Local, Local, Local];
type Five = [...Four, Local];
