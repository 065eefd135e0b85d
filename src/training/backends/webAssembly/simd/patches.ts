/** The patches of images that a convolution multiplies with its filters, as rows of a matrix, and back. */
import { FunctionBuilder, f32, get, i32, increase, loop, set, v128, type Code, type Local } from './assembler.js';

/**
 * (image, height, width, rowBytes, downBytes, rightBytes, rows, length, patches): one row for each of height × width
 * places, made of `rows` stretches of `length` numbers that are a row of the image apart. `add`: the patches are added to
 * the image instead.
 */
export function patches({ add }: { add: boolean }): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 9 }, () => 'i32' as const));
  const [image, height, width, rowBytes, down, right, rows, length, matrix] = f.arguments as Nine;
  const [p, q, i, j, line, place, stretch, at] = Array.from({ length: 8 }, () => f.local('i32')) as Eight;
  const four: Code = add
    ? v128.store(get(at), v128.add(v128.load(get(at)), v128.load(get(matrix))))
    : v128.store(get(matrix), v128.load(get(at)));
  const one: Code = add
    ? f32.store(get(at), f32.add(f32.load(get(at)), f32.load(get(matrix))))
    : f32.store(get(matrix), f32.load(get(at)));
  const moved = (bytes: number): Code => [...increase(at, i32.of(bytes)), ...increase(matrix, i32.of(bytes))];
  f.emit(
    set(line, get(image)),
    set(p, i32.of(0)),
    loop(p, get(height), 1, [
      ...set(place, get(line)),
      ...set(q, i32.of(0)),
      ...loop(q, get(width), 1, [
        ...set(stretch, get(place)),
        ...set(i, i32.of(0)),
        ...loop(i, get(rows), 1, [
          ...set(at, get(stretch)),
          ...set(j, i32.of(0)),
          ...loop(j, get(length), 4, [...four, ...moved(16)]),
          ...loop(j, get(length), 1, [...one, ...moved(4)]),
          ...increase(stretch, get(rowBytes)),
        ]),
        ...increase(place, get(right)),
      ]),
      ...increase(line, get(down)),
    ]),
  );
  return f;
}

type Eight = [Local, Local, Local, Local, Local, Local, Local, Local];
type Nine = [...Eight, Local];
