/** Parsers that read a function's parameters or decorators: click, typer, fire. */
import type { Literal } from '../python/literals.js';
import type { Declared, PythonModule } from '../python/module.js';
import type { Call, SyntaxNode } from '../python/syntax.js';
import type { ArgumentKind, Found, Passing, ScriptArgument } from '../types.js';
import { annotatedType, argument, choiceType, fitting, paramOf, typeOf, type ValueType } from './build.js';

const dashed = (name: string): string => name.replaceAll('_', '-');

/** `@click.option` above a command. Of several commands the first is taken. */
export function findClick(module: PythonModule): Found | null {
  if (!module.imported('click')) return null;
  const commands = [...module.functions].filter(([, { decorators }]) =>
    decorators.some(({ callee }) => /(^|\.)command$/.test(callee)),
  );
  const [first] = commands;
  if (!first) return null;
  const [name, { node, decorators }] = first;
  const command = decorators.find(({ callee }) => /(^|\.)command$/.test(callee))!;
  const isOwn = module.resolve(command.callee).startsWith('click.');
  const called = (of: Call, fallback: string) =>
    module.text(of.positional[0] ?? of.keywords.get('name')) ?? dashed(fallback.toLowerCase());
  const others = commands.slice(1).map(([other]) => dashed(other));
  return {
    parser: 'click',
    arguments: decorators.flatMap((decorator) => clickArgument(module, decorator) ?? []),
    prefix: isOwn ? [] : [called(command, name)],
    line: module.line(decorators[0]?.node ?? node),
    notes: !isOwn && others.length > 0 ? [`Its other commands: ${others.join(', ')}.`] : [],
  };
}

function clickArgument(module: PythonModule, { callee, positional, keywords, node }: Call): ScriptArgument | null {
  const full = module.resolve(callee);
  const isOption = full === 'click.option';
  if (!isOption && full !== 'click.argument') return null;
  const words = positional.flatMap((word) => module.text(word) ?? []);
  const long = words.find((word) => word.startsWith('--')) ?? words.find((word) => word.startsWith('-'));
  const [on, off] = (long ?? '').split('/').map((side) => side.trim());
  const own = words.find((word) => /^[A-Za-z_]\w*$/.test(word));
  const name = own ?? (on ?? '').replace(/^-+/, '').replaceAll('-', '_');
  if (name === '') return null;
  const flag = (key: string) => {
    const literal = module.literal(keywords.get(key));
    return literal?.type === 'boolean' && literal.value;
  };
  const literal = module.literal(keywords.get('default'));
  const base = { name, line: module.line(node), help: module.text(keywords.get('help')) };
  if (isOption && (off !== undefined || flag('is_flag'))) {
    const value = literal?.type === 'boolean' ? literal.value : false;
    const pass: Passing = { how: 'switch', on: on!, ...(off && { off }) };
    return argument({ ...base, kind: 'boolean', isList: false, required: false, value, pass });
  }
  const { type, bounds } = clickType(module, keywords.get('type'), literal);
  const nargs = module.literal(keywords.get('nargs'));
  const isList = nargs?.type === 'int' && nargs.value !== 1;
  const value = fitting(paramOf(literal), { ...type, isList });
  const pass: Passing = flag('multiple')
    ? { how: 'none', why: 'it may be given several times' }
    : isList
      ? { how: 'list', option: isOption ? on! : null }
      : isOption
        ? { how: 'option', option: on!, joined: false, ...(type.kind === 'boolean' && BOOLEAN) }
        : { how: 'position' };
  const required = (isOption ? flag('required') : literal === undefined) && value === undefined;
  return argument({ ...base, kind: type.kind, isList, required, value, choices: type.choices, bounds, pass });
}

const BOOLEAN = { words: { on: 'true', off: 'false' } };
const CLICK_KINDS: Record<string, ArgumentKind> = {
  float: 'float',
  int: 'int',
  str: 'text',
  bool: 'boolean',
  'click.FLOAT': 'float',
  'click.INT': 'int',
  'click.STRING': 'text',
  'click.BOOL': 'boolean',
};

function clickType(module: PythonModule, node: SyntaxNode | undefined, literal: Literal | undefined) {
  const implied = typeOf(literal) ?? { kind: 'text' as const, isList: false };
  let type: ValueType = { ...implied, isList: false };
  let bounds: ScriptArgument['bounds'];
  if (node?.name === 'CallExpression') {
    const call = module.source.callOf(node);
    const full = module.resolve(call.callee);
    const range = /^click\.(Int|Float)Range$/.exec(full);
    const listed = full === 'click.Choice' ? module.literal(call.positional[0]) : undefined;
    if (range) {
      type = { kind: range[1] === 'Int' ? 'int' : 'float', isList: false };
      const bound = (at: number, key: string) => {
        const value = paramOf(module.literal(call.positional[at] ?? call.keywords.get(key)));
        return typeof value === 'number' ? value : undefined;
      };
      const [low, high] = [bound(0, 'min'), bound(1, 'max')];
      bounds = { ...(low !== undefined && { low }), ...(high !== undefined && { high }) };
    } else if (listed?.type === 'list') type = choiceType(listed.items) ?? type;
    else type = { kind: 'text', isList: false };
  } else if (node) {
    const full = module.resolve(module.source.dotted(node));
    if (Object.hasOwn(CLICK_KINDS, full)) type = { kind: CLICK_KINDS[full]!, isList: false };
  }
  return { type, bounds };
}

/** `typer.run(main)` or the commands of a `typer.Typer()`. */
export function findTyper(module: PythonModule): Found | null {
  if (!module.imported('typer')) return null;
  const [run] = module.callsOf(/^typer\.run$/);
  const direct = run && module.source.dotted(run.positional[0] ?? null);
  const commands = [...module.functions].filter(([, { decorators }]) =>
    decorators.some(({ callee }) => /\.command$/.test(callee)),
  );
  const [name, found] = direct ? [direct, module.functions.get(direct)] : (commands[0] ?? []);
  if (!name || !found) return null;
  const command = found.decorators.find(({ callee }) => /\.command$/.test(callee));
  const called = (command && module.text(command.positional[0] ?? command.keywords.get('name'))) ?? dashed(name);
  const hasCallback = [...module.functions.values()].some(({ decorators }) =>
    decorators.some(({ callee }) => /\.callback$/.test(callee)),
  );
  const isMany = !direct && (commands.length > 1 || hasCallback);
  const others = commands.slice(1).map(([other]) => dashed(other));
  return {
    parser: 'typer',
    arguments: module.parametersOf(found.node).flatMap((declared) => typerArgument(module, declared) ?? []),
    prefix: isMany ? [called] : [],
    line: module.line(found.decorators[0]?.node ?? found.node),
    notes: isMany && others.length > 0 ? [`Its other commands: ${others.join(', ')}.`] : [],
  };
}

function typerArgument(module: PythonModule, declared: Declared): ScriptArgument | null {
  const { source } = module;
  const marked = [
    declared.value,
    ...(declared.annotationNode ? source.all('CallExpression', declared.annotationNode) : []),
  ]
    .filter((node) => node?.name === 'CallExpression')
    .map((node) => source.callOf(node!))
    .find(({ callee }) => /^typer\.(Option|Argument)$/.test(module.resolve(callee)));
  const isDefault = marked !== undefined && marked.node.from === declared.value?.from;
  const literal = module.literal(isDefault ? (marked.positional[0] ?? marked.keywords.get('default')) : declared.value);
  const type = annotatedType(module, declared.annotationNode) ?? typeOf(literal) ?? { kind: 'text', isList: false };
  const hasDefault = isDefault
    ? literal !== undefined && source.textOf(marked.node).includes('...') === false
    : declared.value !== null;
  const isOption = marked ? /Option$/.test(marked.callee) : hasDefault;
  const value = fitting(paramOf(literal) ?? enumDefault(module, declared.value), type);
  const written = (marked?.positional ?? []).flatMap((node) => module.text(node) ?? []).find((t) => t.startsWith('--'));
  const [on, off] = (written ?? `--${dashed(declared.name)}`).split('/');
  const pass: Passing = type.isList
    ? isOption
      ? { how: 'none', why: 'it may be given several times' }
      : { how: 'list', option: null }
    : !isOption
      ? { how: 'position' }
      : type.kind === 'boolean'
        ? { how: 'switch', on: on!, off: off ?? (written ? undefined : `--no-${dashed(declared.name)}`) }
        : { how: 'option', option: on!, joined: false };
  return argument({
    name: declared.name,
    kind: type.kind,
    isList: type.isList,
    required: !hasDefault,
    value,
    choices: type.choices,
    help: marked && module.text(marked.keywords.get('help')),
    line: module.line(declared.node),
    pass,
  });
}

/** `Optimizer.adam` as a default: the member's value. */
function enumDefault(module: PythonModule, node: SyntaxNode | null) {
  const [, owner, member] = /^(\w+)\.(\w+)$/.exec(node ? module.source.dotted(node) : '') ?? [];
  return owner === undefined ? undefined : paramOf(module.enumMember(owner, member!));
}

/** `fire.Fire(train)`: a function's parameters, or those of a class's constructor. */
export function findFire(module: PythonModule): Found | null {
  const [fire] = module.callsOf(/^fire\.Fire$/);
  if (!fire) return null;
  const name = module.source.dotted(fire.positional[0] ?? fire.keywords.get('component') ?? null);
  const found = module.functions.get(name);
  const fn = found?.node;
  const line = module.line(fn ?? fire.node);
  if (!fn) return { parser: 'fire', arguments: [], prefix: [], line, notes: [] };
  const parameters = module.parametersOf(fn).map((declared): ScriptArgument => {
    const literal = module.literal(declared.value);
    const type = annotatedType(module, declared.annotationNode) ?? typeOf(literal) ?? { kind: 'text', isList: false };
    const words = type.kind === 'boolean' && { words: { on: 'True', off: 'False' } };
    return argument({
      name: declared.name,
      kind: type.kind,
      isList: type.isList,
      required: declared.value === null,
      value: fitting(paramOf(literal), type),
      choices: type.choices,
      line: module.line(declared.node),
      pass: { how: 'option', option: `--${declared.name}`, joined: true, ...words },
    });
  });
  return { parser: 'fire', arguments: parameters, prefix: [], line, notes: [] };
}
