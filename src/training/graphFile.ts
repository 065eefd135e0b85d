/** Saves the layers of a network, with the shapes of their results and weights, as the graph that the panel shows. */
import { join } from 'node:path';
import type { RunClient } from '../client/index.js';
import type { GraphNode, ModelGraph } from '../protocol/engine/drawings.js';
import { GRAPH_MIME } from '../protocol/run/mimes.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';
import { writeWhole } from '../files/whole.js';
import { saidOf } from './errors.js';
import type { BuiltLayer, Weight } from './layers/types.js';
import { said } from '../format/said.js';

export const GRAPH_FILE = `${RUN_FILES.media}/graph.json`;
/** Name of the graph among the run's media. */
export const GRAPH_NAME = 'graph';
const MOST_NODES = 5000;

export async function saveGraph(
  run: Pick<RunClient, 'folder' | 'media' | 'message'>,
  layers: readonly BuiltLayer[],
): Promise<void> {
  try {
    await writeWhole(join(run.folder, GRAPH_FILE), JSON.stringify(modelGraph(layers)));
    run.media(GRAPH_NAME, GRAPH_FILE, { mime: GRAPH_MIME, step: 0 });
  } catch (error) {
    run.message('warning', said('the graph of the network could not be saved: {0}', saidOf(error)));
  }
}

/** Layers in the order in which they work; those of a residual block are its parts. */
export function modelGraph(layers: readonly BuiltLayer[]): ModelGraph {
  const nodes: GraphNode[] = [];
  add(layers, null, nodes);
  return { nodes: nodes.slice(0, MOST_NODES), ...(nodes.length > MOST_NODES && { cut: true }) };
}

function add(layers: readonly BuiltLayer[], parent: number | null, nodes: GraphNode[]): void {
  let before: number | null = null;
  for (const { name, outputShape, weights, inner = [] } of layers) {
    const at = nodes.length;
    const ofParts = new Set(inner.flatMap((part) => part.weights));
    const own = weights.filter((weight) => !ofParts.has(weight));
    nodes.push({
      ...{ name, type: name.slice(name.lastIndexOf('.') + 1), parent, shape: [null, ...outputShape] },
      ...(before !== null && { inputs: [before] }),
      ...(own.length > 0 && { weights: own.map(weightOf) }),
    });
    add(inner, at, nodes);
    before = at;
  }
}

const weightOf = ({ name, variable, trainable }: Weight): NonNullable<GraphNode['weights']>[number] => ({
  name: name.slice(name.lastIndexOf('/') + 1),
  shape: [...variable.shape],
  trained: trainable,
});
