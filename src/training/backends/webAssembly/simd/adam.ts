import { get, set, v128, type Code, type FunctionBuilder, type Local } from './assembler.js';
import { elementwise } from './elementwise.js';

const { add, mul, sub, div, sqrt, of } = v128;

/**
 * (g, m, v, change, m′, v′, count, β1, β2, 1/√(1 − β2^t), ε, −α/(1 − β1^t)): the averages after this step, and the
 * change of the weights. The operations and their order are those of optimizers/adam.ts.
 */
export function adam(): FunctionBuilder {
  return elementwise({ inputs: 3, outputs: 3, scalars: 5 }, (inputs, scalars, f) => {
    const [g, m, v] = inputs as [Local, Local, Local];
    const [beta1, beta2, correction, epsilon, rate] = scalars as [Local, Local, Local, Local, Local];
    const [mean, square] = [f.local('v128'), f.local('v128')];
    const average = (old: Local, beta: Local, value: Code) =>
      add(mul(get(old), get(beta)), mul(value, sub(of(1), get(beta))));
    return {
      before: [...set(mean, average(m, beta1, get(g))), ...set(square, average(v, beta2, mul(get(g), get(g))))],
      outputs: [
        mul(div(get(mean), add(mul(sqrt(get(square)), get(correction)), get(epsilon))), get(rate)),
        get(mean),
        get(square),
      ],
    };
  });
}
