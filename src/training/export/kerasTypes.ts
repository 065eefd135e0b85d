/** Keras's form of a layer, which its files and TensorFlow.js share. */

export type Dialect = 'keras' | 'tfjs';

export interface KerasWeight {
  /** Name of the weight in Keras. */
  key: string;
  shape: number[];
  values: Float32Array;
  /** Part of the layer that has the weight. */
  place?: string;
}

export interface KerasLayer {
  className: string;
  name: string;
  config: Record<string, unknown>;
  inputs: string[];
  /** Other arguments of the call, and of building the layer. */
  call?: { kwargs: object; build: object };
  shape: readonly number[];
  /** Weights in Keras's order. */
  weights: KerasWeight[];
  /** Wrapped layers of a Bidirectional layer, with their weights. */
  wrapped?: { forward: KerasLayer; backward: KerasLayer };
}
