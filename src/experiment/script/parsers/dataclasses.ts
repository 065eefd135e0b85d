/** Parsers that read the fields of dataclasses: tyro, draccus, pyrallis, simple-parsing, HfArgumentParser, jsonargparse. */
import type { Declared, PythonModule } from '../python/module.js';
import { childrenOf, type Call, type SyntaxNode } from '../python/syntax.js';
import type { Found, Passing, ScriptArgument } from '../types.js';
import { annotatedType, argument, fitting, paramOf, typeOf, type ValueType } from './build.js';
import { trainingArguments } from './trainingArguments.js';

/** How a parser spells its options. */
interface Dialect {
  /** The option of a field, whose groups come before its name. */
  option(path: readonly string[]): string;
  joined: boolean;
  /** Lists are written as one value, `[1, 2]`. */
  listsAsValues?: true;
  boolean(option: string, path: readonly string[]): Passing;
}

const words = (option: string, joined: boolean, on: string, off: string): Passing => ({
  how: 'option',
  option,
  joined,
  words: { on, off },
});
const plain = (path: readonly string[]) => `--${path.join('.')}`;
const dashed = (path: readonly string[]) => plain(path).replaceAll('_', '-');

const TYRO: Dialect = {
  option: dashed,
  joined: false,
  boolean: (option, path) => ({
    how: 'switch',
    on: option,
    off: dashed([...path.slice(0, -1), `no-${path.at(-1)}`]),
  }),
};
const DRACCUS: Dialect = {
  option: plain,
  joined: true,
  listsAsValues: true,
  boolean: (option) => words(option, true, 'true', 'false'),
};
const FLAT: Dialect = {
  option: (path) => `--${path.at(-1)}`,
  joined: false,
  boolean: (option) => words(option, false, 'True', 'False'),
};

const CALLS: [RegExp, Dialect, (call: Call) => SyntaxNode | undefined][] = [
  [/^tyro\.(cli|extras\.\w+cli)$/, TYRO, ({ positional }) => positional[0]],
  [/(^|\.)HfArgumentParser$/, FLAT, ({ positional, keywords }) => positional[0] ?? keywords.get('dataclass_types')],
  [/^(draccus|pyrallis)\.parse$/, DRACCUS, ({ positional, keywords }) => positional[0] ?? keywords.get('config_class')],
  [/^simple_parsing\.parse$/, FLAT, ({ positional, keywords }) => positional[0] ?? keywords.get('config_class')],
  [/\.add_arguments$/, FLAT, ({ positional }) => positional[0]],
  [/^jsonargparse\.(CLI|auto_cli)$/, DRACCUS, ({ positional }) => positional[0]],
];

export function findDataclasses(module: PythonModule): Found | null {
  for (const [pattern, dialect, classOf] of CALLS) {
    for (const call of module.callsOf(pattern)) {
      const names = namesIn(module, classOf(call));
      const found = names.flatMap((name) => fieldsOf(module, name, dialect, []));
      const library = names.some((name) => /(^|\.)(Seq2Seq)?TrainingArguments$/.test(module.resolve(name)))
        ? trainingArguments(module.line(call.node))
        : [];
      const fn = names.map((name) => module.functions.get(name)).find(Boolean);
      const own = fn ? functionArguments(module, fn.node, dialect) : found;
      if (own.length + library.length > 0) return result(module, names, [...own, ...library], call.node);
    }
  }
  return findWrapped(module);
}

/** `@draccus.wrap()` above a function whose parameter is the configuration. */
function findWrapped(module: PythonModule): Found | null {
  for (const { node, decorators } of module.functions.values()) {
    const wrapped = decorators.find(({ callee }) => /^(draccus|pyrallis)\.wrap$/.test(module.resolve(callee)));
    const [config] = wrapped ? module.parametersOf(node) : [];
    if (!config || !module.classes.has(config.annotation)) continue;
    const found = fieldsOf(module, config.annotation, DRACCUS, []);
    return result(module, [config.annotation], found, wrapped!.node);
  }
  return null;
}

function result(module: PythonModule, names: string[], found: ScriptArgument[], call: SyntaxNode): Found {
  const first = names.map((name) => module.classes.get(name)).find(Boolean);
  const line = module.line(first?.decorators[0]?.node ?? first?.node ?? call);
  return { parser: 'dataclass', arguments: found, prefix: [], line, notes: [] };
}

/** `Args`, `(ModelArguments, DataArguments)` or a list of them. */
function namesIn(module: PythonModule, node: SyntaxNode | undefined): string[] {
  if (!node) return [];
  const name = module.source.dotted(node);
  if (name !== '') return [name];
  if (node.name === 'CallExpression') return [module.source.callOf(node).callee];
  return childrenOf(node).flatMap((child) => module.source.dotted(child) || []);
}

function functionArguments(module: PythonModule, fn: SyntaxNode, dialect: Dialect): ScriptArgument[] {
  return module.parametersOf(fn).flatMap((declared) => fieldOf(module, declared, dialect, []));
}

/** The fields of a class, those of fields that are classes themselves with their group before them. */
export function fieldsOf(module: PythonModule, name: string, dialect: Dialect, groups: string[]): ScriptArgument[] {
  if (groups.length > 5) return [];
  return module.fieldsOf(name).flatMap((declared) => fieldOf(module, declared, dialect, groups));
}

function fieldOf(module: PythonModule, declared: Declared, dialect: Dialect, groups: string[]): ScriptArgument[] {
  const path = [...groups, declared.name];
  if (/ClassVar|InitVar/.test(declared.annotation)) return [];
  if (module.classes.has(declared.annotation) && !module.enumValues(declared.annotation))
    return fieldsOf(module, declared.annotation, dialect, path);
  const { literal, help, hasDefault } = defaultOf(module, declared);
  const type: ValueType = annotatedType(module, declared.annotationNode) ??
    typeOf(literal) ?? { kind: 'text', isList: false };
  const option = dialect.option(path);
  const pass: Passing =
    type.isList && !dialect.listsAsValues
      ? { how: 'list', option }
      : type.kind === 'boolean' && !type.isList
        ? dialect.boolean(option, path)
        : { how: 'option', option, joined: dialect.joined };
  return [
    argument({
      name: path.join('.'),
      kind: type.kind,
      isList: type.isList,
      required: !hasDefault,
      value: fitting(paramOf(literal), type),
      choices: type.choices,
      help: help ?? declared.doc,
      line: module.line(declared.node),
      pass,
    }),
  ];
}

/** A field's own default, or the one in `field(default=…)`. */
function defaultOf(module: PythonModule, { value }: Declared) {
  if (value?.name !== 'CallExpression') return { literal: module.literal(value), hasDefault: value !== null };
  const call = module.source.callOf(value);
  if (!/(^|\.)(field|arg|mutable_field|list_field)$/.test(call.callee)) return { literal: undefined, hasDefault: true };
  const { keywords } = call;
  const factory = keywords.get('default_factory');
  const made = factory?.name === 'LambdaExpression' ? factory.lastChild : null;
  const node = keywords.get('default') ?? made ?? call.positional[0];
  const metadata = module.literal(keywords.get('metadata'));
  const entry = metadata?.type === 'group' ? metadata.entries.find(([key]) => key === 'help')?.[1] : undefined;
  const help = entry?.type === 'text' ? entry.value : module.text(keywords.get('help'));
  return { literal: module.literal(node), help, hasDefault: node !== undefined || factory !== undefined };
}
