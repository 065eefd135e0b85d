/** The command that starts a script with the values of its arguments in it, as an experiment file writes it. */
import type { FoundScript, ScriptArgument } from './types.js';

/** Programs that run scripts, by the ending of the script. */
const PROGRAMS: Record<string, string[]> = {
  py: ['python'],
  pyw: ['python'],
  js: ['node'],
  mjs: ['node'],
  cjs: ['node'],
  ts: ['node'],
  mts: ['node'],
  sh: ['sh'],
  bash: ['bash'],
  r: ['Rscript'],
  jl: ['julia'],
  rb: ['ruby'],
  pl: ['perl'],
  lua: ['lua'],
};

/** Endings of scripts that can be started. */
export const SCRIPT_ENDINGS = Object.keys(PROGRAMS).map((ending) => `.${ending}`);

export function isScript(file: string): boolean {
  return SCRIPT_ENDINGS.some((ending) => file.toLowerCase().endsWith(ending)) && !/\.d\.m?ts$/i.test(file);
}

/** The program that runs a script: from the first line of a shell script, else by its extension. */
export function programOf(file: string, text: string): string[] {
  const ending = /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? '';
  const shebang = /^#!\s*\S*\/(?:env\s+(?:-S\s+)?)?(\w+)/.exec(text.slice(0, 200))?.[1];
  if ((ending === 'sh' || ending === 'bash') && shebang && /sh$/.test(shebang)) return [shebang];
  return Object.hasOwn(PROGRAMS, ending) ? PROGRAMS[ending]! : ['python'];
}

/** Values in the command are text, so literal braces are doubled. */
export const literally = (text: string): string => text.replace(/[{}]/g, '$&$&');

/** The words for one argument; `{name}` is replaced by its value. Empty if the command does not pass it. */
export function wordsOf({ name, pass }: ScriptArgument): string[] {
  switch (pass.how) {
    case 'option': {
      const value = pass.words ? `{${name}?${pass.words.on}:${pass.words.off}}` : `{${name}}`;
      // An empty text would be left out if it were a word by itself.
      return pass.joined || pass.words?.off === '' ? [`${pass.option}=${value}`] : [pass.option, value];
    }
    case 'switch':
      return [`{${name}?${pass.on ?? ''}${pass.off === undefined ? '' : `:${pass.off}`}}`];
    case 'list':
      return [...(pass.option === null ? [] : [pass.option]), `{${name}*}`];
    case 'position':
      return [`{${name}}`];
    case 'override':
      return [`${pass.key}={${name}}`];
    default:
      return [];
  }
}

/** True if the command can pass a value of the argument. */
export function isPassable({ name, pass, value, isList }: ScriptArgument): boolean {
  if (pass.how === 'none' || !/^[A-Za-z_][\w.-]*$/.test(name)) return false;
  return value !== undefined && value !== null && !(isList && (value as unknown[]).length === 0);
}

export interface Given {
  /** Values by the name of the argument. */
  values: Map<string, ScriptArgument['value']>;
  /** Words that belong to no known argument: they come last, unchanged. */
  rest: string[];
}

/**
 * Reads the words that a person typed after the script. Returns null when the script has commands and the words name one:
 * the arguments that were found may then be another's.
 */
export function readGiven(found: FoundScript, words: readonly string[]): Given | null {
  const values: Given['values'] = new Map();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (found.prefix.length > 0 && !word.startsWith('-') && !word.includes('=')) return null;
    const [option, joined] = splitOption(word);
    const argument = found.arguments.find((each) => takes(each, option));
    if (!argument) rest.push(word);
    else if (argument.pass.how === 'switch') values.set(argument.name, option === argument.pass.on);
    else {
      const text = joined ?? words[at + 1];
      const value = text === undefined ? undefined : valueOf(text, argument);
      if (value === undefined) rest.push(word);
      else {
        values.set(argument.name, value);
        if (joined === null) at++;
      }
    }
  }
  return { values, rest };
}

function splitOption(word: string): [option: string, value: string | null] {
  const at = word.indexOf('=');
  return at < 0 ? [word, null] : [word.slice(0, at), word.slice(at + 1)];
}

function takes({ pass, isList }: ScriptArgument, option: string): boolean {
  if (isList) return false;
  if (pass.how === 'option') return pass.option === option;
  if (pass.how === 'override') return pass.key === option;
  return pass.how === 'switch' && (pass.on === option || pass.off === option);
}

/** A text as the argument's type reads it; undefined when it does not fit. */
function valueOf(text: string, { kind, choices }: ScriptArgument): ScriptArgument['value'] {
  const value =
    kind === 'text'
      ? text
      : kind === 'boolean'
        ? /^(true|1|yes)$/i.test(text)
          ? true
          : /^(false|0|no)?$/i.test(text)
            ? false
            : undefined
        : /^[-+]?(\d|\.\d)/.test(text) && Number.isFinite(Number(text))
          ? Number(text)
          : undefined;
  if (kind === 'int' && !Number.isInteger(value)) return undefined;
  return choices && !choices.includes(value as never) ? undefined : value;
}
