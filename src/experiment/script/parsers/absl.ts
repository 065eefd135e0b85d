/** absl flags: `flags.DEFINE_float('lr', 0.1, 'help')`. */
import type { PythonModule } from '../python/module.js';
import type { ArgumentKind, Found, Passing, ScriptArgument } from '../types.js';
import { argument, choiceType, fitting, paramOf } from './build.js';

const KINDS: Record<string, ArgumentKind> = {
  string: 'text',
  float: 'float',
  integer: 'int',
  bool: 'boolean',
  boolean: 'boolean',
  enum: 'text',
  list: 'text',
  spaceseplist: 'text',
};

export function findAbsl(module: PythonModule): Found | null {
  const calls = module.callsOf(/^absl\.flags\.DEFINE_\w+$|^tensorflow\.(compat\.v1\.)?(app\.)?flags\.DEFINE_\w+$/);
  const found = calls.flatMap(({ callee, positional, keywords, node }): ScriptArgument[] => {
    const what = /DEFINE_(\w+)$/.exec(callee)![1]!;
    const name = module.text(positional[0] ?? keywords.get('name'));
    if (name === undefined || !Object.hasOwn(KINDS, what)) return [];
    const kind = KINDS[what]!;
    const isList = what === 'list';
    const listed = what === 'enum' ? module.literal(positional[2] ?? keywords.get('enum_values')) : undefined;
    const help = module.text(positional[what === 'enum' ? 3 : 2] ?? keywords.get('help'));
    const value = fitting(paramOf(module.literal(positional[1] ?? keywords.get('default'))), { kind, isList });
    const bound = (key: string) => {
      const number = paramOf(module.literal(keywords.get(key)));
      return typeof number === 'number' ? number : undefined;
    };
    const [low, high] = [bound('lower_bound'), bound('upper_bound')];
    const bounds =
      low !== undefined || high !== undefined
        ? { ...(low !== undefined && { low }), ...(high !== undefined && { high }) }
        : undefined;
    const pass: Passing = isList
      ? { how: 'none', why: 'it takes a comma-separated list' }
      : kind === 'boolean'
        ? { how: 'switch', on: `--${name}`, off: `--no${name}` }
        : { how: 'option', option: `--${name}`, joined: true };
    const choices = listed?.type === 'list' ? choiceType(listed.items)?.choices : undefined;
    const required = module.callsOf(/^absl\.flags\.mark_flags?_as_required$/).some(({ positional: marked }) =>
      module.source
        .textOf(marked[0]!)
        .match(/[\w-]+/g)
        ?.includes(name),
    );
    const isNeeded = required && (value === undefined || value === null);
    return [
      argument({
        name,
        kind,
        isList,
        value,
        choices,
        bounds,
        help,
        pass,
        required: isNeeded,
        line: module.line(node),
      }),
    ];
  });
  if (found.length === 0) return null;
  return { parser: 'absl', arguments: found, prefix: [], line: found[0]!.line, notes: [] };
}
