/** Builds arguments from what parsers of every kind declare: types, defaults, choices. */
import type { ParamValue } from '../../../protocol/values/index.js';
import type { Literal } from '../python/literals.js';
import type { PythonModule } from '../python/module.js';
import { splitAtCommas, type SyntaxNode } from '../python/syntax.js';
import type { ArgumentKind, ScriptArgument } from '../types.js';

/** The type of a value as an annotation or a parser tells it. */
export interface ValueType {
  kind: ArgumentKind;
  isList: boolean;
  choices?: ParamValue[];
}

/** The value as a hyperparameter; undefined when it can't be one. */
export function paramOf(literal: Literal | undefined): ParamValue | undefined {
  switch (literal?.type) {
    case 'none':
      return null;
    case 'list': {
      const items = literal.items.map(paramOf);
      return items.some((item) => item === undefined || item === null) ? undefined : (items as ParamValue[]);
    }
    case 'int':
    case 'float':
    case 'text':
    case 'boolean':
      return literal.value;
    default:
      return undefined;
  }
}

/** The type of a literal, for arguments that declare none. */
export function typeOf(literal: Literal | undefined): ValueType | null {
  switch (literal?.type) {
    case 'list': {
      const first = typeOf(literal.items[0]);
      const isFloat = literal.items.some((item) => item.type === 'float');
      return first && !first.isList ? { kind: isFloat ? 'float' : first.kind, isList: true } : null;
    }
    case 'int':
    case 'float':
    case 'text':
    case 'boolean':
      return { kind: literal.type, isList: false };
    default:
      return null;
  }
}

const KINDS: Record<string, ArgumentKind> = {
  int: 'int',
  float: 'float',
  str: 'text',
  bool: 'boolean',
  Path: 'text',
  'pathlib.Path': 'text',
};
const WRAPPERS = /^(typing\.)?(Optional|Final|ClassVar)$|^(\w+\.)*Annotated$/;
const LISTS = /^(typing\.)?(List|Sequence|Tuple|Iterable|list|tuple|Set|set)$/;

/** Reads an annotation; null if the value can't be passed on as text. */
export function annotatedType(module: PythonModule, node: SyntaxNode | null, depth = 0): ValueType | null {
  if (!node || depth > 8) return null;
  const { source } = module;
  if (node.name === 'String') {
    // An annotation in quotes.
    const name = source.textOf(node).replace(/["']/g, '');
    return Object.hasOwn(KINDS, name) ? { kind: KINDS[name]!, isList: false } : null;
  }
  if (node.name === 'BinaryExpression') {
    // `float | None`
    const sides = [node.firstChild, node.lastChild].filter((side) => side?.name !== 'None');
    return sides.length === 1 ? annotatedType(module, sides[0]!, depth + 1) : null;
  }
  const base = source.dotted(node.name === 'MemberExpression' ? node.firstChild : node);
  const whole = source.dotted(node);
  if (whole !== '') {
    if (Object.hasOwn(KINDS, whole)) return { kind: KINDS[whole]!, isList: false };
    const values = module.enumValues(whole);
    return values ? choiceType(values) : null;
  }
  const inside = splitAtCommas(node).map(([first]) => first!);
  // The first group is the name before the bracket, together with the first entry.
  const entries = node.getChild('[') ? itemsOf(node) : inside;
  if (/(^|\.)Literal$/.test(base)) return choiceType(entries.map((entry) => module.literal(entry)));
  if (/(^|\.)Union$/.test(base)) {
    const sides = entries.filter(({ name }) => name !== 'None');
    return sides.length === 1 ? annotatedType(module, sides[0]!, depth + 1) : null;
  }
  if (WRAPPERS.test(base)) return annotatedType(module, entries[0] ?? null, depth + 1);
  if (LISTS.test(base)) {
    const item = annotatedType(module, entries[0] ?? null, depth + 1);
    return item && !item.isList ? { ...item, isList: true } : null;
  }
  return null;
}

/** Nodes between the brackets of `List[int]`. */
function itemsOf(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  let open = false;
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name === '[') open = true;
    else if (open && child.name !== ']' && child.name !== ',') found.push(child);
  }
  return found;
}

export function choiceType(literals: readonly (Literal | undefined)[]): ValueType | null {
  const choices = literals.map(paramOf);
  const first = typeOf(literals[0]);
  if (!first || choices.some((choice) => choice === undefined)) return null;
  return { ...first, choices: choices as ParamValue[] };
}

/** A default that fits the type; a whole number is a fitting float. */
export function fitting(value: ParamValue | undefined, { kind, isList }: ValueType): ParamValue | undefined {
  if (value === undefined || value === null) return value;
  if (isList) return Array.isArray(value) ? value : undefined;
  const type = { int: 'number', float: 'number', text: 'string', boolean: 'boolean' }[kind];
  if (typeof value !== type) return undefined;
  return kind === 'int' && !Number.isInteger(value) ? undefined : value;
}

/** Adds the known facts; keys without a value are left out. */
export function argument(
  given: Omit<ScriptArgument, 'value' | 'choices' | 'help' | 'bounds'> & {
    value?: ParamValue | undefined;
    choices?: ParamValue[] | undefined;
    help?: string | undefined;
    bounds?: ScriptArgument['bounds'];
  },
): ScriptArgument {
  const { value, choices, help, bounds, ...rest } = given;
  return {
    ...rest,
    ...(value !== undefined && { value }),
    ...(choices && { choices }),
    ...(bounds && { bounds }),
    ...(help && { help: oneLine(help) }),
  };
}

/** A help text on one line, cut where a comment would become too long. */
export function oneLine(text: string): string {
  const flat = text
    .replace(/\s+/g, ' ')
    .replace(/%%/g, '%')
    .replace(/\s*[([]default[:=]?\s*%\(default\)s[)\]]/gi, '');
  return flat.trim().length > 100 ? `${flat.trim().slice(0, 97)}…` : flat.trim();
}
