/** Converts a Keras model to our layers. */
import { chained, type Array32 } from '../chain.js';
import type { Trained } from '../types.js';
import { Settings, type KerasNode, type KerasTopology } from './config.js';
import { convert, type Dialect } from './layers.js';

/** Returns the arrays of a layer's weights, in Keras's order. */
export type ArraysOf = (node: KerasNode) => Array32[];

export function networkOf(
  { nodes, output }: KerasTopology,
  arraysOf: ArraysOf,
  dialect: Dialect,
): Pick<Trained, 'layers' | 'aliases' | 'weights' | 'inputShape'> {
  const chain = nodes.map((node) => ({
    name: node.name,
    inputs: node.inputs,
    isSum: node.className === 'Add',
    convert: () => convert(node.className, new Settings(node.name, node.config), arraysOf(node), dialect),
  }));
  return { ...chained(chain, output), inputShape: inputShapeOf(nodes) };
}

/** Shape of one example, where the model tells it. */
function inputShapeOf(nodes: readonly KerasNode[]): number[] | null {
  const { config } = nodes[0] ?? {};
  const shape = config?.batch_shape ?? config?.batch_input_shape;
  if (!Array.isArray(shape)) return null;
  const lengths = shape.slice(1) as unknown[];
  return lengths.every((length) => Number.isInteger(length) && (length as number) > 0) ? (lengths as number[]) : null;
}
