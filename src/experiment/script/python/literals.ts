/** Values that the source itself tells: literals, and simple arithmetic of them. */
import { splitAtCommas, childrenOf, type PythonSource, type SyntaxNode } from './syntax.js';

export type Literal =
  | { type: 'int' | 'float'; value: number }
  | { type: 'text'; value: string }
  | { type: 'boolean'; value: boolean }
  | { type: 'none' }
  | { type: 'list'; items: Literal[] }
  | { type: 'group'; entries: [string, Literal][] };

/** Nested expressions and items of a list that are looked at, at most. */
const DEEPEST = 12;
const MOST_ITEMS = 200;

export type Lookup = (name: string) => Literal | undefined;

/** The value of an expression; undefined when only running the program would tell. `lookup` knows names. */
export function literalOf(
  source: PythonSource,
  node: SyntaxNode | null | undefined,
  lookup: Lookup = () => undefined,
  depth = 0,
): Literal | undefined {
  if (!node || depth > DEEPEST) return undefined;
  const inner = (child: SyntaxNode | null | undefined) => literalOf(source, child, lookup, depth + 1);
  switch (node.name) {
    case 'Number':
      return numberOf(source.textOf(node));
    case 'Boolean':
      return { type: 'boolean', value: source.textOf(node) === 'True' };
    case 'None':
      return { type: 'none' };
    case 'String':
      return textOf(source.textOf(node));
    case 'FormatString':
      return node.getChild('FormatReplacement') ? undefined : textOf(source.textOf(node).replace(/^f|(?<=^r)f/i, ''));
    case 'ContinuedString':
      return joined(childrenOf(node).map(inner));
    case 'ParenthesizedExpression':
      return inner(childrenOf(node).find(({ name }) => !/^[()]$|^Comment$/.test(name)));
    case 'UnaryExpression':
      return signed(source.textOf(node)[0]!, inner(node.lastChild));
    case 'BinaryExpression':
      return calculated(source, node, inner);
    case 'ArrayExpression':
    case 'TupleExpression':
    case 'SetExpression':
      return listOf(splitAtCommas(node), inner);
    case 'DictionaryExpression':
      return groupOf(splitAtCommas(node), inner);
    case 'CallExpression': {
      const call = source.callOf(node);
      if (call.callee === 'dict' && call.positional.length === 0)
        return entries([...call.keywords].map(([key, value]) => [key, inner(value)]));
      return undefined;
    }
    case 'VariableName':
    case 'MemberExpression':
      return lookup(source.dotted(node));
    default:
      return undefined;
  }
}

function numberOf(written: string): Literal | undefined {
  const text = written.replaceAll('_', '');
  if (/j$/i.test(text)) return undefined;
  const isFloat = !/^0[xob]/i.test(text) && /[.e]/i.test(text);
  const value = Number(text);
  return Number.isFinite(value) ? { type: isFloat ? 'float' : 'int', value } : undefined;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\n': '' };

function textOf(written: string): Literal | undefined {
  const match = /^([a-zA-Z]*)("""|'''|"|')([\s\S]*)\2$/.exec(written);
  if (!match || /b/i.test(match[1]!)) return undefined;
  const value = /r/i.test(match[1]!)
    ? match[3]!
    : match[3]!.replace(/\\([\s\S])/g, (whole, c: string) =>
        Object.hasOwn(ESCAPES, c) ? ESCAPES[c]! : /[\\'"]/.test(c) ? c : whole,
      );
  return { type: 'text', value };
}

function joined(parts: (Literal | undefined)[]): Literal | undefined {
  let value = '';
  for (const part of parts) {
    if (part?.type !== 'text') return undefined;
    value += part.value;
  }
  return { type: 'text', value };
}

function signed(sign: string, value: Literal | undefined): Literal | undefined {
  if (value?.type !== 'int' && value?.type !== 'float') return undefined;
  if (sign === '-') return { ...value, value: -value.value };
  return sign === '+' ? value : undefined;
}

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '**': (a, b) => a ** b,
  '<<': (a, b) => a * 2 ** b,
};

function calculated(
  source: PythonSource,
  node: SyntaxNode,
  inner: (node: SyntaxNode | null) => Literal | undefined,
): Literal | undefined {
  const [left, operator, right] = [inner(node.firstChild), node.firstChild?.nextSibling, inner(node.lastChild)];
  if (!operator || !left || !right) return undefined;
  const written = source.textOf(operator);
  if (written === '+' && left.type === 'text' && right.type === 'text') return joined([left, right]);
  if ((left.type !== 'int' && left.type !== 'float') || (right.type !== 'int' && right.type !== 'float'))
    return undefined;
  const value = Object.hasOwn(OPERATORS, written) ? OPERATORS[written]!(left.value, right.value) : NaN;
  if (!Number.isFinite(value)) return undefined;
  const isFloat = left.type === 'float' || right.type === 'float' || written === '/' || !Number.isInteger(value);
  return { type: isFloat ? 'float' : 'int', value };
}

function listOf(
  groups: SyntaxNode[][],
  inner: (node: SyntaxNode | undefined) => Literal | undefined,
): Literal | undefined {
  if (groups.length > MOST_ITEMS) return undefined;
  const items: Literal[] = [];
  for (const group of groups) {
    const item = group.length === 1 ? inner(group[0]) : undefined;
    if (!item) return undefined;
    items.push(item);
  }
  return { type: 'list', items };
}

function groupOf(
  groups: SyntaxNode[][],
  inner: (node: SyntaxNode | undefined) => Literal | undefined,
): Literal | undefined {
  return entries(
    groups.slice(0, MOST_ITEMS).flatMap((group) => {
      const [key, colon, value] = group;
      const name = colon?.name === ':' ? inner(key) : undefined;
      return name?.type === 'text' ? [[name.value, inner(value)] as [string, Literal | undefined]] : [];
    }),
  );
}

/** Entries whose value is not known are left out. */
function entries(all: [string, Literal | undefined][]): Literal {
  return {
    type: 'group',
    entries: all.filter((entry): entry is [string, Literal] => entry[1] !== undefined),
  };
}
