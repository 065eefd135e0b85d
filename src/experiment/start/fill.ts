/** Puts values into commands, environments and networks: `{name}` and the macros `${…}` of sweeps. */
import { jsonText, markAt, valueText, type FloatMark, type Floats } from '../../protocol/floats.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/records.js';
import type { Params } from '../../protocol/values.js';
import { suggest } from '../suggest.js';
import { pythonText, type Nested } from './pythonText.js';

/** `{name}`, `{{`, `}}` and the macros `${…}`. Braces around anything that can't be a name stand for themselves. */
const PATTERN = /\$\{([^{}]*)\}|\{\{|\}\}|\{([A-Za-z_][\w.\-/]*)\}/g;

/** Facts of a run that a command can name beside its hyperparameters; a hyperparameter of the same name takes precedence. */
export const RUN_FACTS = ['seed', 'trial', 'run.id', 'run.dir'] as const;
export type RunFact = (typeof RUN_FACTS)[number];

/** Macros that stand alone as one argument and become any number of them. */
const LISTS: Record<string, (name: string, value: Nested, mark: FloatMark) => string[]> = {
  args: (name, value, mark) => [`--${name}=${pythonText(value, mark)}`],
  args_no_equals: (name, value, mark) => [`--${name}`, pythonText(value, mark)],
  args_no_hyphens: (name, value, mark) => [`${name}=${pythonText(value, mark)}`],
  args_append_hydra: (name, value, mark) => [`+${name}=${pythonText(value, mark)}`],
  args_override_hydra: (name, value, mark) => [`++${name}=${pythonText(value, mark)}`],
  args_no_boolean_flags: (name, value, mark) => {
    if (typeof value !== 'boolean') return [`--${name}=${pythonText(value, mark)}`];
    return value ? [`--${name}`] : [];
  },
};
/** The file that `${args_json_file}` names, in the run's folder. */
export const ARGS_FILE = 'args.json';
const MACROS = [...Object.keys(LISTS), 'args_json', 'args_json_file', 'envvar:NAME'];

export interface Values {
  params: Params;
  floats?: Floats | undefined;
  /** Where a parameter stands in the groups that it was written in, for the macros. Default: by its name alone. */
  groups?: Record<string, string[]> | undefined;
  facts?: Partial<Record<RunFact, string>>;
}

/** The environment variable `name` is to stand at `at` of a text, where `${envvar:NAME}` stands now. */
export interface Variable {
  at: number;
  name: string;
}
export interface Filled {
  text: string;
  variables: Variable[];
}

/** Names of the hyperparameters that a text asks for. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(PATTERN)].flatMap((match) => match[2] ?? []);
}

/** True when the text hands over all hyperparameters at once. */
export function takesAll(text: string): boolean {
  return [...text.matchAll(PATTERN)].some(([, macro]) => macro !== undefined && macro.startsWith('args'));
}

/** True for a text that can't be filled before the run has its folder. */
export function needsRun(text: string): boolean {
  return /\{(run\.(id|dir)|trial|seed)\}|\$\{args_json_file\}/.test(text);
}

/** Returns the fault of an argument's `${…}`, or null. */
export function macroFault(text: string): { message: string; hint: string } | null {
  for (const [whole, macro] of text.matchAll(PATTERN)) {
    if (macro === undefined || /^(args_json|args_json_file|envvar:\w+)$/.test(macro)) continue;
    if (Object.hasOwn(LISTS, macro)) {
      if (text === whole) continue;
      return { message: `${whole} must be an argument by itself`, hint: 'put blanks around it' };
    }
    const near = suggest(macro, MACROS);
    const hint = near ? `did you mean "\${${near}}"?` : `known: ${MACROS.map((name) => `\${${name}}`).join(', ')}`;
    return { message: `unknown ${whole}`, hint };
  }
  return null;
}

/**
 * The arguments that an argument of the command becomes. Variables of the environment are only named: their values,
 * which may be secrets, are put in when the program starts. Throws MissingValue. An unknown macro stands for itself.
 */
export function fillArgument(text: string, values: Values, env: Record<string, string | undefined>): Filled[] {
  const list = /^\$\{(\w+)\}$/.exec(text)?.[1];
  if (list !== undefined && Object.hasOwn(LISTS, list)) {
    return grouped(values).flatMap(([name, value, mark]) =>
      LISTS[list]!(name, value, mark).map((argument) => ({ text: argument, variables: [] })),
    );
  }
  const variables: Variable[] = [];
  let filled = '';
  let from = 0;
  for (const match of text.matchAll(PATTERN)) {
    const [whole, macro, name] = match;
    filled += text.slice(from, match.index);
    from = match.index + whole.length;
    const variable = macro?.startsWith('envvar:') ? macro.slice('envvar:'.length) : null;
    if (variable === null) filled += pieceOf(whole, macro, name, values);
    else {
      if (entryOf(env, variable) === undefined) throw new MissingValue('env', variable);
      variables.push({ at: filled.length, name: variable });
      filled += whole;
    }
  }
  return [{ text: filled + text.slice(from), variables }];
}

function pieceOf(whole: string, macro: string | undefined, name: string | undefined, values: Values): string {
  if (whole === '{{') return '{';
  if (whole === '}}') return '}';
  if (macro === 'args_json') return argsJson(values);
  if (macro === 'args_json_file') return `${values.facts?.['run.dir'] ?? ''}/${ARGS_FILE}`;
  return name === undefined ? whole : textOf(name, values);
}

function textOf(name: string, { params, floats, facts }: Values): string {
  if (hasEntry(params, name)) return valueText(entryOf(params, name)!, markAt(floats, name));
  const fact = facts && Object.hasOwn(facts, name) ? facts[name as RunFact] : undefined;
  if (fact !== undefined) return fact;
  throw new MissingValue('param', name);
}

/** All hyperparameters as one JSON object, in the groups that they were written in. */
export function argsJson(values: Values): string {
  const entries = grouped(values).map(([name, value, mark]) => `${JSON.stringify(name)}:${jsonText(value, mark)}`);
  return `{${entries.join(',')}}`;
}

/** Hyperparameters by their outermost name, in the order written. */
function grouped({ params, floats, groups }: Values): [string, Nested, FloatMark][] {
  const top = new Map<string, { value: Nested; mark: FloatMark }>();
  for (const [name, value] of Object.entries(params)) {
    const [first, ...rest] = groups && Object.hasOwn(groups, name) ? groups[name]! : [name];
    const mark = markAt(floats, name);
    if (rest.length === 0) {
      top.set(first!, { value, mark });
      continue;
    }
    const entry = top.get(first!) ?? { value: {}, mark: {} };
    top.set(first!, entry);
    let [group, marks] = [entry.value as Record<string, Nested>, entry.mark as Record<string, FloatMark>];
    for (const key of rest.slice(0, -1)) {
      group = child(group, key) as Record<string, Nested>;
      marks = child(marks, key) as Record<string, FloatMark>;
    }
    setEntry(group, rest.at(-1)!, value);
    setEntry(marks, rest.at(-1)!, mark);
  }
  return [...top].map(([name, { value, mark }]) => [name, value, mark]);
}

function child(group: Record<string, unknown>, key: string): unknown {
  if (!Object.hasOwn(group, key)) setEntry(group, key, {});
  return group[key];
}

export class MissingValue extends Error {
  constructor(
    readonly what: 'param' | 'env',
    readonly missing: string,
  ) {
    super(`${missing} has no value`);
  }
}

/** The value of an environment variable: `{name}` is filled in, everything else stands as it is written. */
export function fillVariable(text: string, values: Values): string {
  return text.replace(PATTERN, (whole, macro: string | undefined, name: string | undefined) =>
    macro === undefined ? pieceOf(whole, undefined, name, values) : whole,
  );
}

/** Puts values into the strings of a tree; a string that is nothing but `{name}` becomes the value with its type. */
export function fillTree(tree: unknown, params: Params, env: Record<string, string | undefined>): unknown {
  if (typeof tree === 'string') {
    const only = /^\{([A-Za-z_][\w.\-/]*)\}$/.exec(tree)?.[1];
    if (only === undefined) return placeholders(tree).length ? withVariables(tree, params, env) : tree;
    if (!Object.hasOwn(params, only)) throw new MissingValue('param', only);
    return entryOf(params, only);
  }
  if (Array.isArray(tree)) return tree.map((item) => fillTree(item, params, env));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, fillTree(value, params, env)]));
}

function withVariables(text: string, params: Params, env: Record<string, string | undefined>): string {
  const { text: filled, variables } = fillArgument(text, { params }, env)[0]!;
  return putVariables(filled, variables, env);
}

/** The text with the environment's values in place of `${envvar:NAME}`. */
export function putVariables(
  text: string,
  variables: readonly Variable[],
  env: Record<string, string | undefined>,
): string {
  let result = text;
  for (const { at, name } of [...variables].reverse()) {
    result = result.slice(0, at) + (entryOf(env, name) ?? '') + result.slice(at + `\${envvar:${name}}`.length);
  }
  return result;
}
