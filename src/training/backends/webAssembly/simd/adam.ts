import { get, set, v128, type Code, type FunctionBuilder, type Local } from './assembler.js';
import { elementwise } from './elementwise.js';

const { add, mul, sub, div, sqrt, max, of } = v128;

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

/**
 * (a, m, v, g, out, count, β1, β2, 1/√(1 − β2^t), ε, −α/(1 − β1^t)): the loss's derivative with respect to g, as in
 * hypergradient/adjoint.ts.
 */
export function adamBack(): FunctionBuilder {
  return elementwise({ inputs: 4, outputs: 1, scalars: 5 }, (inputs, scalars, f) => {
    const [a, m, v, g] = inputs as [Local, Local, Local, Local];
    const [beta1, beta2, correction, epsilon, factor] = scalars as [Local, Local, Local, Local, Local];
    const [root, deviation, inverse, scaled] = Array.from({ length: 4 }, () => f.local('v128')) as [
      ...[Local, Local, Local, Local],
    ];
    // One division serves for both: 1/d = r·(1/(r·d)), and 1/r = d·(1/(r·d)).
    const byDeviation = (value: Code): Code => mul(mul(value, get(root)), get(inverse));
    const byRoot = (value: Code): Code => mul(mul(value, get(deviation)), get(inverse));
    const ofSquare = mul(byRoot(mul(get(scaled), byDeviation(get(m)))), mul(get(correction), of(-1 / 2)));
    return {
      before: [
        ...set(root, max(sqrt(get(v)), of(1e-12))),
        ...set(deviation, add(mul(get(root), get(correction)), get(epsilon))),
        ...set(inverse, div(of(1), mul(get(root), get(deviation)))),
        ...set(scaled, byDeviation(mul(get(a), get(factor)))),
      ],
      outputs: [
        add(mul(get(scaled), sub(of(1), get(beta1))), mul(mul(ofSquare, get(g)), mul(of(2), sub(of(1), get(beta2))))),
      ],
    };
  });
}

/** (change, θ, decay, out, count, −α): the change with that of the weight decay. */
export function decayed(): FunctionBuilder {
  return elementwise({ inputs: 3, outputs: 1, scalars: 1 }, (inputs, [rate]) => {
    const [change, theta, decay] = inputs as [Local, Local, Local];
    return { outputs: [add(get(change), mul(mul(get(theta), get(decay)), get(rate!)))] };
  });
}
