/** Maximum pooling, and its gradient. */
import { FunctionBuilder, get, i32, increase, loop, set, v128, when, type Code, type Local } from './assembler.js';

/**
 * (x, y, dx, images, height, width, channels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, top,
 * left): sets y to the maximum of each window; with `back`, y is a gradient, and each of its numbers is added to dx at the place
 * of its window's first maximum. Shapes are [images, height, width, channels]; dx begins with zeros.
 */
export function maxPool({ back }: { back: boolean }): FunctionBuilder {
  const f = new FunctionBuilder(Array.from({ length: 15 }, () => 'i32' as const));
  const [x, y, dx, images, height, width, channels] = f.arguments as Seven;
  const [outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, top, left] = f.arguments.slice(
    7,
  ) as [...Seven, Local];
  const [n, p, q, c, i, j, y0, x0] = Array.from({ length: 8 }, () => f.local('i32')) as [...Seven, Local];
  const [row, offset, image] = Array.from({ length: 3 }, () => f.local('i32')) as [Local, Local, Local];
  const [best, value, taken, mask, slope] = Array.from({ length: 5 }, () => f.local('v128')) as Five;

  /** Visits the window's places within the image, with the offset of their channel c. */
  const window = (body: Code): Code => [
    ...set(i, i32.of(0)),
    ...loop(i, get(filterHeight), 1, [
      ...set(row, i32.add(get(y0), get(i))),
      ...when(i32.below(get(row), get(height)), [
        ...set(j, i32.of(0)),
        ...loop(j, get(filterWidth), 1, [
          ...set(offset, i32.add(get(x0), get(j))),
          ...when(i32.below(get(offset), get(width)), [
            ...set(
              offset,
              i32.shl(
                i32.add(i32.mul(i32.add(i32.mul(get(row), get(width)), get(offset)), get(channels)), get(c)),
                i32.of(2),
              ),
            ),
            ...increase(offset, get(image)),
            ...body,
          ]),
        ]),
      ]),
    ]),
  ];
  const at = (base: Local): Code => i32.add(get(base), get(offset));
  const step = (one: boolean): Code => {
    const load = (address: Code): Code => (one ? v128.loadOne(address) : v128.load(address));
    const store = (address: Code, of: Code): Code => (one ? v128.storeOne(address, of) : v128.store(address, of));
    return [
      ...set(best, v128.of(-Infinity)),
      ...window(set(best, v128.max(get(best), load(at(x))))),
      ...(back
        ? [
            ...set(slope, load(get(y))),
            ...set(taken, v128.of(0)),
            ...window([
              ...set(value, load(at(x))),
              ...set(mask, v128.andNot(v128.eq(get(value), get(best)), get(taken))),
              ...set(taken, v128.or(get(taken), get(mask))),
              ...store(at(dx), v128.add(load(at(dx)), v128.and(get(slope), get(mask)))),
            ]),
          ]
        : store(get(y), get(best))),
      ...increase(y, i32.of(one ? 4 : 16)),
    ];
  };
  f.emit(
    set(image, i32.of(0)),
    set(n, i32.of(0)),
    loop(n, get(images), 1, [
      ...set(p, i32.of(0)),
      ...loop(p, get(outHeight), 1, [
        ...set(y0, i32.sub(i32.mul(get(p), get(strideHeight)), get(top))),
        ...set(q, i32.of(0)),
        ...loop(q, get(outWidth), 1, [
          ...set(x0, i32.sub(i32.mul(get(q), get(strideWidth)), get(left))),
          ...set(c, i32.of(0)),
          ...loop(c, get(channels), 4, step(false)),
          ...loop(c, get(channels), 1, step(true)),
        ]),
      ]),
      ...increase(image, i32.shl(i32.mul(i32.mul(get(height), get(width)), get(channels)), i32.of(2))),
    ]),
  );
  return f;
}

type Five = [Local, Local, Local, Local, Local];
type Seven = [Local, Local, Local, Local, Local, Local, Local];
