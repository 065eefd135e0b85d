/** argparse and what takes after it (configargparse, jsonargparse, HfArgumentParser): `add_argument` calls. */
import type { PythonModule } from '../python/module.js';
import type { Literal } from '../python/literals.js';
import { childrenOf, type Call, type SyntaxNode } from '../python/syntax.js';
import type { ArgumentKind, BooleanWords, Found, Passing, ScriptArgument } from '../types.js';
import { argument, choiceType, fitting, paramOf, typeOf, type ValueType } from './build.js';

const KINDS: Record<string, ArgumentKind> = { int: 'int', float: 'float', str: 'text', 'pathlib.Path': 'text' };

export function findArgparse(module: PythonModule): Found | null {
  const calls = module.source.calls();
  const declarations = calls.filter(
    (call) => /\.add_argument$/.test(call.callee) && module.text(call.positional[0]) !== undefined,
  );
  if (declarations.length === 0) return null;
  const owners = ownersOf(module);
  const commands = [...new Set(owners.commands.values())];
  const own = declarations.filter((call) => {
    const command = owners.commands.get(ownerOf(call));
    return command === undefined || command === commands[0];
  });
  const defaults = new Map(
    calls.filter(({ callee }) => /\.set_defaults$/.test(callee)).flatMap(({ keywords }) => [...keywords]),
  );
  const found = own.flatMap((call): ScriptArgument[] => {
    const one = argumentOf(module, call, defaults, owners.exclusive.has(ownerOf(call)));
    const isGlobal = commands.length > 0 && !owners.commands.has(ownerOf(call));
    return one === null ? [] : [isGlobal ? { ...one, isGlobal } : one];
  });
  const first = declarations[0]!.node;
  const parser = calls.find(({ callee, node }) => /ArgumentParser$/.test(callee) && node.from < first.from);
  return {
    parser: 'argparse',
    arguments: found,
    prefix: commands.slice(0, 1),
    line: module.line(parser?.node ?? first),
    notes: commands.length > 1 ? [`Its other commands: ${commands.slice(1).join(', ')}.`] : [],
  };
}

const ownerOf = ({ callee }: Call): string => callee.replace(/\.[^.]*$/, '');

/** Variables that hold the parser of a subcommand or a group of which only one argument may be given. */
function ownersOf(module: PythonModule) {
  const commands = new Map<string, string>();
  const exclusive = new Set<string>();
  for (const statement of module.source.all('AssignStatement')) {
    const name = module.source.dotted(statement.firstChild);
    const value = statement.lastChild;
    if (name === '' || value?.name !== 'CallExpression') continue;
    const call = module.source.callOf(value);
    const command = /\.add_parser$/.test(call.callee) ? module.text(call.positional[0]) : undefined;
    const parent = commands.get(ownerOf(call));
    if (command !== undefined) commands.set(name, command);
    else if (/\.add_mutually_exclusive_group$/.test(call.callee)) exclusive.add(name);
    else if (/\.add_argument_group$/.test(call.callee) && parent !== undefined) commands.set(name, parent);
  }
  return { commands, exclusive };
}

function argumentOf(
  module: PythonModule,
  { positional, keywords, node }: Call,
  defaults: ReadonlyMap<string, SyntaxNode>,
  isExclusive: boolean,
): ScriptArgument | null {
  const flags = positional.flatMap((flag) => module.text(flag) ?? []);
  const option = flags.find((flag) => flag.startsWith('--')) ?? flags.find((flag) => flag.startsWith('-'));
  const dest = module.text(keywords.get('dest'));
  const name = dest ?? (option ?? flags[0]!).replace(/^-+/, '').replaceAll('-', '_');
  if (name === '') return null;
  const action = actionOf(module, keywords.get('action'));
  if (action === 'help' || action === 'version') return null;
  const given = keywords.get('default') ?? defaults.get(name);
  const takes = enumerationsOf(module, keywords.get('type'));
  const literal = module.literal(given) ?? memberValue(module, given, takes);
  const base = { name, line: module.line(node), help: module.text(keywords.get('help')) };
  const isRequired = module.literal(keywords.get('required'));
  const required = isRequired?.type === 'boolean' ? isRequired.value : false;
  if (action === 'store_true' || action === 'store_false' || action === 'optional') {
    const value = literal?.type === 'boolean' ? literal.value : action === 'store_false';
    return argument({
      ...base,
      kind: 'boolean',
      isList: false,
      required: false,
      value,
      pass: switchOf(action, option!),
    });
  }
  const nargs = module.literal(keywords.get('nargs'));
  const isList = nargs?.type === 'int' || (nargs?.type === 'text' && /^[+*]$/.test(nargs.value));
  const type = typeFrom(module, keywords, literal, isList, takes);
  const value = fitting(paramOf(literal), type);
  const optional = nargs?.type === 'text' && /^[?*]$/.test(nargs.value);
  const isNeeded = option === undefined ? !optional && value === undefined : required && value === undefined;
  const why = isExclusive
    ? 'it excludes other arguments'
    : action !== 'store'
      ? `its action is ${action}`
      : literal === undefined && memberValue(module, given, () => true) !== undefined
        ? 'its default is a member of an enumeration'
        : type.unreadable;
  const pass: Passing =
    why !== null ? { how: 'none', why } : isList ? { how: 'list', option: option ?? null } : passOf(option, type);
  return argument({ ...base, kind: type.kind, isList, required: isNeeded, value, choices: type.choices, pass });
}

/** Returns true if the argument takes the members of this enumeration by their values. */
type Takes = (enumeration: string) => boolean;

/** Types as which a member of an enumeration equals its value. */
const MIXED_IN: Record<string, RegExp> = { str: /^str$|(^|\.)StrEnum$/, int: /^int$|(^|\.)Int(Enum|Flag)$/ };

/**
 * Returns which enumerations the argument takes by value: the one that is its type, since `Optimizer('adam')` is a
 * member, and those that are texts or numbers like its type. Any other type may want names, and without one the script
 * would get a text that equals no member.
 */
function enumerationsOf(module: PythonModule, type: SyntaxNode | undefined): Takes {
  const written = type ? module.source.dotted(type) : 'str';
  const mixedIn = Object.hasOwn(MIXED_IN, written) ? MIXED_IN[written]! : null;
  return (enumeration) =>
    enumeration === written ||
    (mixedIn && module.classes.get(enumeration)?.bases.some((base) => mixedIn.test(base))) === true;
}

/** `Optimizer.ADAM` if the argument takes it by value, or `Optimizer.ADAM.value`, of an enumeration in this file. */
function memberValue(module: PythonModule, node: SyntaxNode | undefined, takes: Takes): Literal | undefined {
  const [owner, member, value, ...more] = module.source.dotted(node ?? null).split('.');
  if (owner === undefined || member === undefined || more.length > 0) return undefined;
  return value === 'value' || (value === undefined && takes(owner)) ? module.enumMember(owner, member) : undefined;
}

/**
 * Values of `Optimizer` or `list(Optimizer)` if the argument takes them, or of `[each.value for each in Optimizer]`, of
 * an enumeration in this file.
 */
function membersIn(module: PythonModule, node: SyntaxNode | undefined, takes: Takes): Literal[] | undefined {
  if (!node) return undefined;
  if (node.name === 'CallExpression') {
    const { callee, positional } = module.source.callOf(node);
    return callee === 'list' || callee === 'tuple' ? membersIn(module, positional[0], takes) : undefined;
  }
  const valuesOf = (name: string) => (takes(name) ? module.enumValues(name) : undefined);
  if (node.name !== 'ArrayComprehensionExpression') return valuesOf(module.source.dotted(node));
  const names = childrenOf(node).filter(({ name }) => name === 'VariableName' || name === 'MemberExpression');
  const [taken, each, from] = names.map((name) => module.source.dotted(name));
  if (names.length !== 3) return undefined;
  return taken === each ? valuesOf(from!) : taken === `${each}.value` ? module.enumValues(from!) : undefined;
}

function actionOf(module: PythonModule, node: SyntaxNode | undefined): string {
  if (!node) return 'store';
  const text = module.text(node);
  if (text !== undefined) return text;
  return /BooleanOptionalAction$/.test(module.source.textOf(node)) ? 'optional' : 'custom';
}

function switchOf(action: string, option: string): Passing {
  if (action === 'store_true') return { how: 'switch', on: option };
  if (action === 'store_false') return { how: 'switch', off: option };
  return { how: 'switch', on: option, off: option.replace(/^--?/, '--no-') };
}

function passOf(option: string | undefined, { words }: ArgparseType): Passing {
  if (option === undefined) return { how: 'position' };
  return { how: 'option', option, joined: false, ...(words && { words }) };
}

interface ArgparseType extends ValueType {
  /** Returns why a value of this type can't be passed on as text; null if it can. */
  unreadable: string | null;
  words?: BooleanWords;
}

function typeFrom(
  module: PythonModule,
  keywords: Call['keywords'],
  literal: ReturnType<PythonModule['literal']>,
  isList: boolean,
  takes: Takes,
): ArgparseType {
  const node = keywords.get('type');
  const written = node ? module.resolve(module.source.dotted(node)) : '';
  const enumerated = module.enumValues(written);
  const listed = module.literal(keywords.get('choices'));
  const items =
    listed?.type === 'list' ? listed.items : (membersIn(module, keywords.get('choices'), takes) ?? enumerated ?? []);
  const choices = items.length > 0 ? choiceType(items)?.choices : undefined;
  const implied = (typeOf(literal) ?? typeOf(items[0]))?.kind;
  const shared = { isList, ...(choices && { choices }) };
  // bool('False') is true: only an empty text is false.
  if (written === 'bool') return { ...shared, kind: 'boolean', unreadable: null, words: { on: 'True', off: '' } };
  if (/bool/i.test(written))
    return { ...shared, kind: 'boolean', unreadable: null, words: { on: 'True', off: 'False' } };
  if (Object.hasOwn(KINDS, written)) return { ...shared, kind: KINDS[written]!, unreadable: null };
  const kind = implied ?? 'text';
  // `Optimizer('adam')` is the member of that value, but `Size('1')` is none.
  if (enumerated && enumerated.some(({ type }) => type !== 'text'))
    return { ...shared, kind, unreadable: 'its type is an enumeration of values that are not texts' };
  if (kind === 'text') return { ...shared, kind, unreadable: null };
  // A default that is not a string keeps its type; a value from the command line would be a string.
  if (!node) return { ...shared, kind, unreadable: 'the script declares no type for it' };
  return { ...shared, kind, unreadable: /float|int/i.test(written) ? null : 'its type is a function of the script' };
}
