/**
 * Activations whose slope is a function of their value: forward y = f(x); backward dx = dy·f′, with f′ computed from y.
 */
import type { Activation } from '../../../../experiment/network/index.js';
import { get, v128, set, type Code, type FunctionBuilder, type Local } from './assembler.js';
import { elementwise, exponential } from './elementwise.js';

interface Shape {
  forward(x: Local, f: FunctionBuilder): { before?: Code; value: Code };
  /** Computes f′ from y. */
  slope(y: Local): Code;
}

const { of, add, sub, mul, div, min, max, select, gt, lt, and, abs, neg } = v128;
/** Klambauer et al. (NeurIPS 2017), equation 2. */
const [SELU_ALPHA, SELU_SCALE] = [1.6732632423543772, 1.0507009873554805];

const eluLike = (alpha: number, scale: number): Shape => ({
  forward(x, f) {
    const below = exponential(get(x), f);
    const rising = mul(get(x), of(scale));
    return {
      before: below.before,
      value: select(gt(get(x), of(0)), rising, mul(sub(below.value, of(1)), of(alpha * scale))),
    };
  },
  slope: (y) => select(gt(get(y), of(0)), of(scale), add(get(y), of(alpha * scale))),
});

const sigmoid = (x: Code, f: FunctionBuilder) => {
  const away = exponential(neg(x), f);
  return { before: away.before, value: div(of(1), add(of(1), away.value)) };
};

const shapes = {
  relu: {
    forward: (x) => ({ value: max(get(x), of(0)) }),
    slope: (y) => select(gt(get(y), of(0)), of(1), of(0)),
  },
  relu6: {
    forward: (x) => ({ value: min(max(get(x), of(0)), of(6)) }),
    slope: (y) => select(and(gt(get(y), of(0)), lt(get(y), of(6))), of(1), of(0)),
  },
  leakyRelu: {
    forward: (x) => ({ value: select(gt(get(x), of(0)), get(x), mul(get(x), of(0.01))) }),
    slope: (y) => select(gt(get(y), of(0)), of(1), of(0.01)),
  },
  elu: eluLike(1, 1),
  selu: eluLike(SELU_ALPHA, SELU_SCALE),
  sigmoid: {
    forward: (x, f) => sigmoid(get(x), f),
    slope: (y) => mul(get(y), sub(of(1), get(y))),
  },
  tanh: {
    // 2σ(2x) − 1; near 0, where that loses precision, x − x³/3 + 2x⁵/15.
    forward(x, f) {
      const twice = sigmoid(add(get(x), get(x)), f);
      const square = f.local('v128');
      const series = mul(get(x), sub(of(1), mul(get(square), sub(of(1 / 3), mul(get(square), of(2 / 15))))));
      return {
        before: [...twice.before, ...set(square, mul(get(x), get(x)))],
        value: select(lt(abs(get(x)), of(0.06)), series, sub(add(twice.value, twice.value), of(1))),
      };
    },
    slope: (y) => sub(of(1), mul(get(y), get(y))),
  },
  softsign: {
    forward: (x) => ({ value: div(get(x), add(of(1), abs(get(x)))) }),
    slope(y) {
      const left = sub(of(1), abs(get(y)));
      return mul(left, left);
    },
  },
} satisfies Partial<Record<Activation, Shape>>;

/** Activations for kernels that include them. */
export const arithmetic: Record<'sigmoid' | 'tanh', Shape> = shapes;

export type FastActivation = keyof typeof shapes;
export const isFast = (name: Activation): name is FastActivation => name in shapes;

/** Returns `relu` (x, y, count) and `reluBack` (dy, y, dx, count), and likewise for all others. */
export function activationKernels(): Record<string, FunctionBuilder> {
  return Object.fromEntries(
    Object.entries<Shape>(shapes).flatMap(([name, { forward, slope }]) => [
      [
        name,
        elementwise({ inputs: 1, outputs: 1 }, ([x], _, f) => {
          const { before = [], value } = forward(x!, f);
          return { before, outputs: [value] };
        }),
      ],
      [`${name}Back`, elementwise({ inputs: 2, outputs: 1 }, ([dy, y]) => ({ outputs: [mul(get(dy!), slope(y!))] }))],
    ]),
  );
}
