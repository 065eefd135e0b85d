/** The parts of a network as a tree, with sums over the parts of each. */
import type { GraphNode, ModelGraph } from '../../../src/protocol/engine/drawings.js';

export interface TreeNode {
  at: number;
  node: GraphNode;
  level: number;
  /** Places of its parts. */
  parts: number[];
  /** Numbers of weights, its parts' included; `trained`: those that training changes. */
  weights: number;
  trained: number;
}

/** Rows that are open at first, at most. */
const MOST_OPEN = 60;

/** The tree in the order of the file; a part whose whole comes later, or is itself, is part of none. */
export function treeOf({ nodes }: ModelGraph): TreeNode[] {
  const tree = nodes.map((node, at): TreeNode => {
    const own = node.weights ?? [];
    const count = (each: (typeof own)[number]): number => each.shape.reduce((product, side) => product * side, 1);
    const trained = own.filter((each) => each.trained).reduce((sum, each) => sum + count(each), 0);
    return { at, node, level: 1, parts: [], weights: own.reduce((sum, each) => sum + count(each), 0), trained };
  });
  for (const each of tree) {
    const whole = wholeOf(tree, each);
    if (!whole) continue;
    each.level = whole.level + 1;
    whole.parts.push(each.at);
  }
  for (const each of [...tree].reverse()) {
    const whole = wholeOf(tree, each);
    if (!whole) continue;
    whole.weights += each.weights;
    whole.trained += each.trained;
  }
  return tree;
}

const wholeOf = (tree: readonly TreeNode[], { at, node }: TreeNode): TreeNode | null =>
  node.parent !== null && node.parent < at ? (tree[node.parent] ?? null) : null;

/** Places of the nodes that are open at first: whole levels, as long as the rows are not too many. */
export function openAtFirst(tree: readonly TreeNode[]): Set<number> {
  const open = new Set<number>();
  for (let level = 1; ; level++) {
    const these = tree.filter((each) => each.level === level && each.parts.length > 0);
    const rows = tree.filter((each) => each.level <= level + 1).length;
    if (these.length === 0 || (rows > MOST_OPEN && level > 1)) return open;
    for (const { at } of these) open.add(at);
  }
}

/** The rows that are shown: parts of closed nodes are not. */
export function rowsOf(tree: readonly TreeNode[], open: ReadonlySet<number>): TreeNode[] {
  const rows: TreeNode[] = [];
  const add = (each: TreeNode): void => {
    rows.push(each);
    if (open.has(each.at)) for (const part of each.parts) add(tree[part]!);
  };
  for (const each of tree) if (wholeOf(tree, each) === null) add(each);
  return rows;
}

/** A shape as `batch × 32 × 28`; the first size that differs is the batch's. */
export function shapeText(shape: readonly (number | null)[] | null | undefined, batch: string): string {
  if (!shape) return '';
  return shape.map((side, i) => (side === null ? (i === 0 ? batch : '?') : String(side))).join(' × ');
}

/** Last part of a node's path; the path itself if it is the whole. */
export function shortName(tree: readonly TreeNode[], each: TreeNode): string {
  const whole = wholeOf(tree, each)?.node.name ?? '';
  const { name } = each.node;
  const isBelow = whole !== '' && name.startsWith(whole) && /^[./]/.test(name.slice(whole.length));
  return (isBelow ? name.slice(whole.length + 1) : name) || each.node.type;
}

/** Nodes that it takes results from, other than the one before it: a skip connection, or several branches. */
export function farInputs(tree: readonly TreeNode[], each: TreeNode): TreeNode[] {
  const inputs = each.node.inputs ?? [];
  if (inputs.length === 1 && inputs[0] === each.at - 1) return [];
  return inputs.length < 2 ? [] : inputs.flatMap((at) => tree[at] ?? []);
}
