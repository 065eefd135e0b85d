import type { Activation } from '../../../experiment/network/index.js';
import type { Ops } from './ops.js';

/** Adds the operations of an activation and returns its result. */
export function activate(ops: Ops, name: Activation, x: string): string {
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return ops.do('Relu', [x]);
    case 'relu6':
      return ops.do('Clip', [x, ops.scalar(0), ops.scalar(6)]);
    case 'leakyRelu':
      return ops.do('LeakyRelu', [x], { alpha: { float: 0.01 } });
    case 'elu':
      return ops.do('Elu', [x]);
    case 'selu':
      return ops.do('Selu', [x]);
    case 'gelu': {
      const share = ops.do('Erf', [ops.do('Mul', [x, ops.scalar(Math.SQRT1_2)])]);
      return ops.do('Mul', [ops.do('Mul', [x, ops.scalar(0.5)]), ops.do('Add', [share, ops.scalar(1)])]);
    }
    case 'silu':
      return ops.do('Mul', [x, ops.do('Sigmoid', [x])]);
    case 'sigmoid':
      return ops.do('Sigmoid', [x]);
    case 'hardSigmoid':
      return ops.do('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
    case 'tanh':
      return ops.do('Tanh', [x]);
    case 'softplus':
      return ops.do('Softplus', [x]);
    case 'softsign':
      return ops.do('Softsign', [x]);
    case 'mish':
      return ops.do('Mul', [x, ops.do('Tanh', [ops.do('Softplus', [x])])]);
    case 'softmax':
      return ops.do('Softmax', [x], { axis: -1 });
  }
}
