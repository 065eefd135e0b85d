/** Python source as a tree with positions, within bounds of size and time. Nothing is executed. */
import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@lezer/python';

/** UTF-16 units of a script that is read, at most. */
export const LARGEST_SCRIPT = 512 * 1024;
/** Milliseconds that parsing may take. */
const PARSE_MS = 400;

export type { SyntaxNode };

export interface Call {
  node: SyntaxNode;
  /** As written, such as `parser.add_argument`; empty when the callee is no dotted name. */
  callee: string;
  positional: SyntaxNode[];
  keywords: Map<string, SyntaxNode>;
}

export class PythonSource {
  private constructor(
    readonly text: string,
    readonly tree: Tree,
    private readonly lineStarts: number[],
  ) {}

  /** Returns null when the text is too large, or takes too long to parse. */
  static parse(text: string): PythonSource | null {
    if (text.length > LARGEST_SCRIPT) return null;
    const until = Date.now() + PARSE_MS;
    const parse = parser.startParse(text);
    let tree: Tree | null = null;
    for (let turn = 0; tree === null; turn++) {
      if (turn % 256 === 0 && Date.now() > until) return null;
      tree = parse.advance();
    }
    const lineStarts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
    return new PythonSource(text, tree, lineStarts);
  }

  textOf(node: SyntaxNode): string {
    return this.text.slice(node.from, node.to);
  }

  /** The line of an offset, from 0. */
  lineAt(offset: number): number {
    let [low, high] = [0, this.lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** `a.b.c` without blanks, or an empty text when the node is anything else. */
  dotted(node: SyntaxNode | null): string {
    if (!node || (node.name !== 'VariableName' && node.name !== 'MemberExpression')) return '';
    const text = this.textOf(node).replace(/\s+/g, '');
    return /^[\p{L}\p{N}_.]+$/u.test(text) ? text : '';
  }

  /** All nodes of one kind, in the order of the text. */
  all(name: string, within: SyntaxNode = this.tree.topNode): SyntaxNode[] {
    const found: SyntaxNode[] = [];
    const { from, to } = within;
    this.tree.iterate({
      from,
      to,
      enter: (ref) => {
        if (ref.name === name && ref.from >= from && ref.to <= to) found.push(ref.node);
      },
    });
    return found;
  }

  /** Every call within a node, by what is called as it is written. */
  calls(within?: SyntaxNode): Call[] {
    return this.all('CallExpression', within).map((node) => this.callOf(node));
  }

  callOf(node: SyntaxNode): Call {
    return { node, callee: this.dotted(node.firstChild), ...this.arguments(node.getChild('ArgList')) };
  }

  /** A decorator as a call: its name, and its arguments if it has any. */
  decoratorOf(node: SyntaxNode): Call {
    const list = node.getChild('ArgList');
    const callee = this.text.slice(node.from + 1, list?.from ?? node.to).replace(/\s+/g, '');
    return { node, callee, ...this.arguments(list) };
  }

  private arguments(list: SyntaxNode | null): Pick<Call, 'positional' | 'keywords'> {
    const positional: SyntaxNode[] = [];
    const keywords = new Map<string, SyntaxNode>();
    for (const parts of splitAtCommas(list)) {
      const [first, assign, value] = parts;
      if (assign?.name === 'AssignOp' && value) keywords.set(this.textOf(first!), value);
      else if (parts.length === 1) positional.push(first!);
    }
    return { positional, keywords };
  }
}

/** Children of a list, with brackets and comments left out, in groups between its commas. */
export function splitAtCommas(list: SyntaxNode | null): SyntaxNode[][] {
  const groups: SyntaxNode[][] = [[]];
  for (let child = list?.firstChild ?? null; child; child = child.nextSibling) {
    if (child.name === ',') groups.push([]);
    else if (!/^[()[\]{}]$|^Comment$/.test(child.name)) groups.at(-1)!.push(child);
  }
  return groups.filter((group) => group.length > 0);
}

/** The direct children of a node. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}
