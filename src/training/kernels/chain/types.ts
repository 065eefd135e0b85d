/** One operation of a chain of layers, at addresses of WebAssembly's memory. */
import type { Simd } from '../../backends/webAssembly/simd/index.js';
import type { Random } from '../../random.js';

interface Pass {
  /** Number of examples. */
  count: number;
  /** Address of the inputs, one example after the other. */
  from: number;
  /** Address of the outputs. */
  to: number;
  /** Address of what the forward pass keeps for the backward pass. */
  kept: number;
  /** Address of all weights. */
  theta: number;
}

export interface ForwardPass extends Pass {
  random: Random;
}

export interface BackwardPass extends Pass {
  /** Address of the gradient by all weights. */
  slope: number;
  /** Address of the gradient by the outputs, which may be overwritten. */
  dy: number;
  /** Address for the gradient by the inputs; 0: nobody needs it. */
  dx: number;
}

/** Pass along a direction of the weights, after a forward pass. */
export interface TangentPass extends Omit<Pass, 'kept'> {
  /** Address of the direction. */
  along: number;
  /** Address of the derivative of the inputs; 0: they do not depend on the weights. */
  before: number;
  /** Address for the derivative of the outputs, and for as many numbers besides. */
  out: number;
  spare: number;
}

export interface Link {
  /** Numbers of its output for each example. */
  readonly width: number;
  /** Numbers that the forward pass keeps for each example. */
  readonly kept: number;
  /** Number of weights. */
  readonly weights: number;
  forward(simd: Simd, pass: ForwardPass): void;
  back(simd: Simd, pass: BackwardPass): void;
  /** Computes the derivative of the outputs; absent: this link has none. Returns false if it does not depend on the weights. */
  tangent?(simd: Simd, pass: TangentPass): boolean;
}
