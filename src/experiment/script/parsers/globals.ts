/** Scripts whose variables are their configuration: nanoGPT's configurator, and `config` of a client's `init`. */
import type { Literal } from '../python/literals.js';
import type { PythonModule } from '../python/module.js';
import { childrenOf } from '../python/syntax.js';
import type { Found, Passing, ScriptArgument } from '../types.js';
import { argument, paramOf, typeOf } from './build.js';

/** `exec(open('configurator.py').read())`: `--key=value` replaces the variables above it. */
export function findConfigurator(module: PythonModule): Found | null {
  const call = module.source
    .calls()
    .find(
      ({ callee, node }) =>
        callee === 'exec' && /open\(['"][^'"]*configurator\.py['"]\)/.test(module.source.textOf(node)),
    );
  if (!call) return null;
  const found = assignments(module, call.node.from).map(({ name, literal, line, help }): ScriptArgument => {
    const type = typeOf(literal)!;
    const words = type.kind === 'boolean' && { words: { on: 'True', off: 'False' } };
    const pass: Passing = type.isList
      ? { how: 'none', why: 'the configurator takes no lists' }
      : { how: 'option', option: `--${name}`, joined: true, ...words };
    return argument({ name, ...type, value: paramOf(literal), required: false, line, help, pass });
  });
  if (found.length === 0) return null;
  return { parser: 'configurator', arguments: found, prefix: [], line: found[0]!.line, notes: [] };
}

/** Variables with a value at the top of the file before an offset, lower case as configurations are. */
function assignments(module: PythonModule, until: number) {
  const found = new Map<string, { name: string; literal: Literal; line: number; help: string | undefined }>();
  for (const statement of module.statements) {
    if (statement.from >= until) break;
    const [target] = childrenOf(statement);
    if (statement.name !== 'AssignStatement' || target?.name !== 'VariableName') continue;
    const name = module.source.textOf(target);
    const literal = module.literal(statement.lastChild);
    if (name.startsWith('_') || !literal || !typeOf(literal)) continue;
    const line = module.line(statement);
    found.set(name, { name, literal, line, help: commentOf(module, statement.to) });
  }
  return [...found.values()];
}

/** The comment that follows on the same line. */
function commentOf(module: PythonModule, offset: number): string | undefined {
  return /^[^\S\n]*#[^\S\n]*([^\n]*)/.exec(module.source.text.slice(offset, offset + 300))?.[1];
}

/** `init(config={'lr': 0.1})` or `config=dict(lr=0.1)` of Tunesmith's client, or of W&B's: the values come from the client. */
export function findClientConfig(module: PythonModule): Found | null {
  const [call] = module.callsOf(/^(tunesmith|wandb)\.init$/).filter(({ keywords }) => keywords.has('config'));
  const config = call && module.literal(call.keywords.get('config'));
  if (config?.type !== 'group') return null;
  const line = module.line(call!.node);
  const isOurs = module.resolve(call!.callee).startsWith('tunesmith');
  const pass: Passing = isOurs ? { how: 'client' } : { how: 'none', why: 'W&B gives it to the program' };
  const found = config.entries.flatMap(([name, literal]): ScriptArgument[] => {
    const type = typeOf(literal);
    return type ? [argument({ name, ...type, value: paramOf(literal), required: false, line, pass })] : [];
  });
  return found.length === 0 ? null : { parser: 'client', arguments: found, prefix: [], line, notes: [] };
}
