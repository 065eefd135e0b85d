/**
 * `run:` as one line of text becomes an argument vector by these rules, which are the same on every system and
 * involve no shell:
 *
 * - Blanks and line ends separate arguments; a backslash at a line's end is a blank.
 * - 'Between single quotes' everything stands for itself.
 * - "Between double quotes" everything stands for itself, except \" and \\.
 * - Outside quotes a backslash before a blank, a quote or a brace makes it an ordinary character; before anything
 *   else it stands for itself, so that C:\data\train.py needs no quotes.
 * - {name} is replaced by the hyperparameter afterwards, so a value never becomes two arguments.
 * - What only a shell could do (pipes, &&, redirection, $VARIABLE, `…`) is refused, not passed on.
 */
import { suggest } from '../suggest.js';
import type { Params, ParamValue } from '../../protocol/values.js';
import { entryOf, hasEntry } from '../../protocol/records.js';

export interface CommandFault {
  message: string;
  hint: string;
  /** Characters of the text at fault. */
  offset: number;
  length: number;
}

export type SplitCommand = { argv: string[]; fault?: undefined } | { argv?: undefined; fault: CommandFault };

const SHELL: Record<string, string> = {
  '|': 'a pipe needs a shell: put the pipeline into a script and run that',
  '&': 'run one program; put several into a script and run that',
  ';': 'run one program; put several into a script and run that',
  '>': "redirection needs a shell; the program's output is kept in the run's output.log anyway",
  '<': 'redirection needs a shell: let the program open the file',
  '`': 'command substitution needs a shell: put it into a script and run that',
};

export function splitCommand(text: string): SplitCommand {
  const argv: string[] = [];
  let word: string | null = null;
  let quote: { mark: string; at: number } | null = null;
  const fault = (offset: number, length: number, message: string, hint: string): SplitCommand => ({
    fault: { message, hint, offset, length },
  });
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    const next = text[i + 1] ?? '';
    if (quote) {
      if (c === quote.mark) quote = null;
      else if (quote.mark === '"' && c === '\\' && (next === '"' || next === '\\')) word += text[++i]!;
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = { mark: c, at: i };
      word ??= '';
    } else if (c === '\\' && (next === '\n' || (next === '\r' && text[i + 2] === '\n'))) {
      if (word !== null) argv.push(word);
      word = null;
    } else if (c === '\\' && /[\s"'{}]/.test(next)) {
      word = (word ?? '') + (next === '{' || next === '}' ? next + next : next);
      i++;
    } else if (/\s/.test(c)) {
      if (word !== null) argv.push(word);
      word = null;
    } else if (hasEntry(SHELL, c)) {
      const operator = /^(\|\||&&|>>|<<|\|&|.)/.exec(text.slice(i))![0];
      const written = `put it in quotes if "${operator}" belongs to the argument`;
      return fault(
        i,
        operator.length,
        `"${operator}" is not understood: no shell is involved`,
        `${entryOf(SHELL, c)}; ${written}`,
      );
    } else if (c === '$' && /[A-Za-z_(]/.test(next)) {
      const written = /^\$(\w+|\()/.exec(text.slice(i))![0];
      const hint =
        next === '(' ? SHELL['`']! : `write \${envvar:${written.slice(1)}} for the environment variable, or quote it`;
      return fault(i, written.length, `"${written}" is not understood: no shell is involved`, hint);
    } else word = (word ?? '') + c;
  }
  if (quote)
    return fault(
      quote.at,
      1,
      `this quote (${quote.mark}) is never closed`,
      'close it, or put it in quotes of the other kind',
    );
  if (word !== null) argv.push(word);
  if (argv.length === 0)
    return fault(0, 0, 'the command is empty', 'write the program and its arguments, such as: run: python train.py');
  const assigned = /^([A-Za-z_]\w*)=/.exec(argv[0]!)?.[1];
  if (assigned) {
    const hint = `set it under env, such as: env: { ${assigned}: ${JSON.stringify(argv[0]!.slice(assigned.length + 1))} }`;
    return fault(text.indexOf(assigned), argv[0]!.length, `"${argv[0]}" sets a variable, which needs a shell`, hint);
  }
  return { argv };
}

/** `{name}`, `{{`, `}}` and the macros `${…}`. Braces around anything that can't be a name stand for themselves. */
const PATTERN = /\$\{([^{}]*)\}|\{\{|\}\}|\{([A-Za-z_][\w.\-/]*)\}/g;

/** Macros that stand alone as one argument and become any number of them. */
export const LIST_MACROS = ['args', 'args_no_hyphens', 'args_no_boolean_flags'] as const;
export const MACROS = [...LIST_MACROS, 'args_json', 'envvar:NAME'] as const;

/** Names of the hyperparameters that a text asks for. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(PATTERN)].flatMap((match) => match[2] ?? []);
}

/** What is wrong with the `${…}` of an argument, or null. */
export function macroFault(text: string): { message: string; hint: string } | null {
  for (const [whole, macro] of text.matchAll(PATTERN)) {
    if (macro === undefined || macro === 'args_json' || /^envvar:\w+$/.test(macro)) continue;
    if ((LIST_MACROS as readonly string[]).includes(macro)) {
      if (text === whole) continue;
      return { message: `${whole} must be an argument by itself`, hint: 'put blanks around it' };
    }
    const near = suggest(macro, MACROS);
    const hint = near ? `did you mean "\${${near}}"?` : `known: ${MACROS.map((name) => `\${${name}}`).join(', ')}`;
    return { message: `unknown ${whole}`, hint };
  }
  return null;
}

/** Puts values in. Throws MissingValue when a hyperparameter or environment variable is not there. */
export function fillArgument(text: string, params: Params, env: Record<string, string | undefined>): string[] {
  const listed = Object.entries(params).filter(([, value]) => value !== null);
  switch (text) {
    case '${args}':
      return listed.map(([name, value]) => `--${name}=${asFlag(value)}`);
    case '${args_no_hyphens}':
      return listed.map(([name, value]) => `${name}=${asFlag(value)}`);
    case '${args_no_boolean_flags}':
      return listed.flatMap(([name, value]) =>
        typeof value === 'boolean' ? (value ? [`--${name}`] : []) : [`--${name}=${asFlag(value)}`],
      );
  }
  const filled = text.replace(PATTERN, (whole, macro: string | undefined, name: string | undefined) => {
    if (whole === '{{') return '{';
    if (whole === '}}') return '}';
    if (macro === 'args_json') return JSON.stringify(params);
    if (macro?.startsWith('envvar:')) {
      const variable = macro.slice('envvar:'.length);
      const value = entryOf(env, variable);
      if (value === undefined) throw new MissingValue('env', variable);
      return value;
    }
    if (name === undefined) return whole;
    if (!Object.hasOwn(params, name)) throw new MissingValue('param', name);
    return asText(entryOf(params, name)!);
  });
  return [filled];
}

export class MissingValue extends Error {
  constructor(
    readonly what: 'param' | 'env',
    readonly missing: string,
  ) {
    super(`${missing} has no value`);
  }
}

/** As an argument: texts as they are, lists as JSON. */
export function asText(value: ParamValue): string {
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** As sweeps of Python programs expect it: True and False. */
function asFlag(value: ParamValue): string {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : asText(value);
}

/** Puts values into the strings of a tree; a string that is nothing but `{name}` becomes the value with its type. */
export function fillTree(tree: unknown, params: Params, env: Record<string, string | undefined>): unknown {
  if (typeof tree === 'string') {
    const only = /^\{([A-Za-z_][\w.\-/]*)\}$/.exec(tree)?.[1];
    if (only === undefined) return placeholders(tree).length ? fillArgument(tree, params, env)[0] : tree;
    if (!Object.hasOwn(params, only)) throw new MissingValue('param', only);
    return entryOf(params, only);
  }
  if (Array.isArray(tree)) return tree.map((item) => fillTree(item, params, env));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, fillTree(value, params, env)]));
}
