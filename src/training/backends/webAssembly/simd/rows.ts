/** Loops over rows whose arrays have different widths: as many blocks of `units` numbers. */
import type { FunctionBuilder } from './assembler.js';
import { i32, get, increase, loop, set, v128, type Code, type Local } from './assembler.js';

export interface RowAccess {
  load(place: Local, block?: number): Code;
  store(place: Local, value: Code, block?: number): Code;
}

/** Computes `body` for four units at a time, then for those that are left. `widths`: blocks in a row of each array. */
export function overRows(
  f: FunctionBuilder,
  { widths, rows, units }: { widths: ReadonlyMap<Local, number>; rows: Local; units: Local },
  body: (access: RowAccess) => Code,
): void {
  const [row, unit, bytes] = Array.from({ length: 3 }, () => f.local('i32')) as [Local, Local, Local];
  const at = (place: Local, block: number): Code =>
    block === 0 ? get(place) : i32.add(get(place), i32.mul(get(bytes), i32.of(block)));
  const step = (one: boolean): Code => [
    ...body({
      load: (place, block = 0) => (one ? v128.loadOne(at(place, block)) : v128.load(at(place, block))),
      store: (place, value, block = 0) =>
        one ? v128.storeOne(at(place, block), value) : v128.store(at(place, block), value),
    }),
    ...[...widths.keys()].flatMap((place) => increase(place, i32.of(one ? 4 : 16))),
  ];
  f.emit(
    set(bytes, i32.shl(get(units), i32.of(2))),
    set(row, i32.of(0)),
    loop(row, get(rows), 1, [
      ...set(unit, i32.of(0)),
      ...loop(unit, get(units), 4, step(false)),
      ...loop(unit, get(units), 1, step(true)),
      ...[...widths].flatMap(([place, width]) =>
        width === 1 ? [] : increase(place, i32.mul(get(bytes), i32.of(width - 1))),
      ),
    ]),
  );
}
