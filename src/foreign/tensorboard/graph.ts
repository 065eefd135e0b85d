/**
 * Graphs of networks as TensorFlow and `SummaryWriter.add_graph` write them: a GraphDef of graph.proto. The parts of a path are
 * scopes; a scope that is no operation itself becomes a node of its own.
 */
import type { GraphNode, ModelGraph } from '../../protocol/engine/drawings.js';
import { BYTES, VARINT, type Fields } from '../../protocol/values/protobuf.js';

/** Maximum nodes of a graph, inputs of a node, dimensions of a shape, and characters of a name; as ModelGraph allows. */
const MOST_NODES = 5000;
const MOST_INPUTS = 200;
const MOST_DIMENSIONS = 20;
const LONGEST = 500;
/** Operations whose result is a weight: variables of TensorFlow, parameters and buffers in a trace of PyTorch. */
const WEIGHTS = new Set(['Variable', 'VariableV2', 'VarHandleOp', 'Parameter', 'prim::GetAttr']);
/** Operations without a computation, of which a trace has hundreds. */
const CONSTANTS = new Set(['Const', 'prim::Constant']);
/** Weights that are measured rather than learned. */
const MEASURED = /(?:^|[/._])(?:running_mean|running_var|num_batches_tracked|moving_mean|moving_variance)\b/;

interface Operation {
  name: string;
  type: string;
  inputs: string[];
  shape: (number | null)[] | null;
}

/** Reads a GraphDef; null if it has no nodes. Throws WireError. */
export function readGraph(fields: Fields): ModelGraph | null {
  const graph = new GraphBuilder();
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === BYTES) graph.add(readOperation(fields.message()));
    else fields.skip();
  }
  return graph.done();
}

class GraphBuilder {
  private readonly nodes: GraphNode[] = [];
  private readonly places = new Map<string, number>();
  /** Inputs of the operations by their places. */
  private readonly operations = new Map<number, string[]>();
  private isCut = false;

  add({ name, type, inputs, shape }: Operation): void {
    if (name === '' || name.length > LONGEST || CONSTANTS.has(type)) return;
    const at = this.placeOf(name);
    if (at === null) return;
    const node = this.nodes[at]!;
    // A name that is there twice keeps its first operation; a scope may be one itself.
    if (this.operations.has(at)) return;
    this.operations.set(at, inputs);
    node.type = type;
    if (shape) node.shape = shape;
    if (WEIGHTS.has(type) && shape && shape.length > 0 && shape.every((side) => side !== null))
      node.weights = [{ name: name.slice(name.lastIndexOf('/') + 1), shape, trained: !MEASURED.test(name) }];
  }

  /** Place of the node with this path, which is created with its scopes; null if there are too many. */
  private placeOf(path: string): number | null {
    const known = this.places.get(path);
    if (known !== undefined) return known;
    if (this.nodes.length >= MOST_NODES) {
      this.isCut = true;
      return null;
    }
    const cut = path.lastIndexOf('/');
    const parent = cut > 0 ? this.placeOf(path.slice(0, cut)) : null;
    if (this.nodes.length >= MOST_NODES || (cut > 0 && parent === null)) {
      this.isCut = true;
      return null;
    }
    const at = this.nodes.length;
    // A trace of PyTorch names its modules `Conv2d[conv1]`.
    const type = /^(\w+)\[[^\]]*\]$/.exec(path.slice(cut + 1))?.[1] ?? '';
    this.nodes.push({ name: path, type, parent });
    this.places.set(path, at);
    return at;
  }

  done(): ModelGraph | null {
    // A scope returns the result of its last operation.
    for (const { parent, shape } of [...this.nodes].reverse()) {
      const scope = parent === null ? undefined : this.nodes[parent];
      if (scope && shape && !scope.shape && !this.operations.has(parent!)) scope.shape = shape;
    }
    for (const [at, inputs] of this.operations) {
      const found = new Set(inputs.map((name) => this.places.get(name)).filter((place) => place !== undefined));
      if (found.size > 0) this.nodes[at]!.inputs = [...found].slice(0, MOST_INPUTS);
    }
    return this.nodes.length === 0 ? null : { nodes: this.nodes, ...(this.isCut && { cut: true }) };
  }
}

/** A NodeDef. */
function readOperation(fields: Fields): Operation {
  const operation: Operation = { name: '', type: '', inputs: [], shape: null };
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === BYTES) operation.name = fields.text();
    else if (fields.number === 2 && fields.wire === BYTES) operation.type = fields.text().slice(0, LONGEST);
    else if (fields.number === 3 && fields.wire === BYTES && operation.inputs.length < MOST_INPUTS) {
      // `^name` only waits for an operation; `name:1` is its second result.
      operation.inputs.push(fields.text().replace(/^\^/, '').replace(/:\d+$/, ''));
    } else if (fields.number === 5 && fields.wire === BYTES) {
      const [key, shape] = readAttribute(fields.message());
      if (shape && (key === '_output_shapes' || (key === 'shape' && !operation.shape))) operation.shape = shape;
    } else fields.skip();
  }
  return operation;
}

/** An entry of a NodeDef's attributes: its name, and the shape that it is, or the first one of its list. */
function readAttribute(fields: Fields): [string, (number | null)[] | null] {
  let key = '';
  let shape: (number | null)[] | null = null;
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === BYTES) key = fields.text();
    else if (fields.number === 2 && fields.wire === BYTES) {
      const value = fields.message();
      while (value.next()) {
        if (value.number === 7 && value.wire === BYTES) shape = readShape(value.message());
        else if (value.number === 1 && value.wire === BYTES) {
          const list = value.message();
          while (list.next()) {
            if (list.number === 7 && list.wire === BYTES) shape ??= readShape(list.message());
            else list.skip();
          }
        } else value.skip();
      }
    } else fields.skip();
  }
  return [key, shape];
}

/** A TensorShapeProto; null if it is unknown. Sizes that differ are −1 there. */
function readShape(fields: Fields): (number | null)[] | null {
  const shape: (number | null)[] = [];
  let isUnknown = false;
  while (fields.next()) {
    if (fields.number === 2 && fields.wire === BYTES) {
      const dimension = fields.message();
      let size = 0;
      while (dimension.next()) {
        if (dimension.number === 1 && dimension.wire === VARINT) size = dimension.varint();
        else dimension.skip();
      }
      if (shape.length < MOST_DIMENSIONS) shape.push(size < 0 ? null : size);
    } else if (fields.number === 3 && fields.wire === VARINT) isUnknown = fields.varint() > 0;
    else fields.skip();
  }
  return isUnknown ? null : shape;
}
