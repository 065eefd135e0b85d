/** Puts values into commands, environments and networks: `{name}` and the macros `${…}` of sweeps. */
import { jsonText, markAt, valueText, type FloatMark, type Floats } from '../../protocol/values/floats.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import { suggest } from '../suggest.js';
import { pythonText, type Nested } from './pythonText.js';
import { l10n } from '../../format/l10n.js';

/**
 * `{name}`, `{name*}` (a list as several arguments), `{name?on:off}`, `{{`, `}}` and the macros `${…}`. Braces around anything
 * else stand for themselves.
 */
const PATTERN = /\$\{([^{}]*)\}|\{\{|\}\}|\{([A-Za-z_][\w.\-/]*)(?:(\*)|\?([^{}:]*)(?::([^{}]*))?)?\}/g;
/** An argument that is nothing but a list or a condition. */
const ALONE = /^\{([A-Za-z_][\w.\-/]*)(?:(\*)|\?[^{}]*)\}$/;

/** Facts of a run that a command can name beside its hyperparameters; a hyperparameter of the same name takes precedence. */
export const RUN_FACTS = ['seed', 'trial', 'run.id', 'run.dir', 'gpu'] as const;
/** Replaces `{gpu}` until the program starts, because only then is the run's GPU known. */
const GPU_VARIABLE = 'CUDA_VISIBLE_DEVICES';

/** Macros that are a whole argument and expand to any number of them. */
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
  /** Returns a parameter's place in the groups that it was written in, for the macros. Default: its name alone. */
  groups?: Record<string, string[]> | undefined;
  /** Facts of the run itself, and the copies of its configuration files by name. */
  facts?: Readonly<Record<string, string>>;
}

/** The environment variable `name` is inserted at `at` of a text, in place of `${envvar:NAME}`. */
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

/** True if the text passes on all hyperparameters at once. */
export function takesAll(text: string): boolean {
  return [...text.matchAll(PATTERN)].some(([, macro]) => macro !== undefined && macro.startsWith('args'));
}

/** True for a text that can't be filled before the run has its folder. */
export function needsRun(text: string): boolean {
  return /\{(run\.(id|dir)|trial|seed)\}|\$\{args_json_file\}/.test(text);
}

/** Returns the fault of an argument's `{name*}`, or null. */
export function listFault(text: string): { message: string; hint: string } | null {
  for (const [whole, , , star] of text.matchAll(PATTERN)) {
    if (star === undefined || text === whole) continue;
    return {
      message: l10n.t('{0} must be an argument by itself: it becomes several', whole),
      hint: l10n.t('put spaces around it'),
    };
  }
  return null;
}

/** Returns the fault of an argument's `${…}`, or null. */
export function macroFault(text: string): { message: string; hint: string } | null {
  for (const [whole, macro] of text.matchAll(PATTERN)) {
    if (macro === undefined || /^(args_json|args_json_file|envvar:\w+)$/.test(macro)) continue;
    if (Object.hasOwn(LISTS, macro)) {
      if (text === whole) continue;
      return { message: l10n.t('{0} must be an argument by itself', whole), hint: l10n.t('put spaces around it') };
    }
    const near = suggest(macro, MACROS);
    const hint = near
      ? l10n.t('did you mean "${{0}}"?', near)
      : l10n.t('known: {0}', MACROS.map((name) => `\${${name}}`).join(', '));
    return { message: l10n.t('unknown {0}', whole), hint };
  }
  return null;
}

/**
 * Returns the arguments that an argument of the command expands to. Environment variables are only named: their values,
 * which may be secrets, are inserted when the program starts. Throws MissingValue. An unknown macro stays as it is.
 */
export function fillArgument(text: string, values: Values, env: Record<string, string | undefined>): Filled[] {
  const list = /^\$\{(\w+)\}$/.exec(text)?.[1];
  if (list !== undefined && Object.hasOwn(LISTS, list)) {
    return grouped(values).flatMap(([name, value, mark]) =>
      LISTS[list]!(name, value, mark).map((argument) => ({ text: argument, variables: [] })),
    );
  }
  const [, alone, star] = ALONE.exec(text) ?? [];
  if (alone !== undefined && star !== undefined) {
    const items = itemsOf(alone, values);
    if (items) return items.map((item) => ({ text: item, variables: [] }));
  }
  const variables: Variable[] = [];
  let filled = '';
  let from = 0;
  for (const match of text.matchAll(PATTERN)) {
    const [whole, macro] = match;
    filled += text.slice(from, match.index);
    from = match.index + whole.length;
    const variable = macro?.startsWith('envvar:') ? macro.slice('envvar:'.length) : null;
    if (variable === null && whole === '{gpu}' && !hasEntry(values.params, 'gpu')) {
      variables.push({ at: filled.length, name: GPU_VARIABLE });
      filled += `\${envvar:${GPU_VARIABLE}}`;
    } else if (variable === null) filled += pieceOf(match, values);
    else {
      if (entryOf(env, variable) === undefined) throw new MissingValue('env', variable);
      variables.push({ at: filled.length, name: variable });
      filled += whole;
    }
  }
  const result = filled + text.slice(from);
  // A switch that is off passes nothing, not an empty argument.
  return alone !== undefined && star === undefined && result === '' ? [] : [{ text: result, variables }];
}

function pieceOf([whole, macro, name, , on, off]: readonly (string | undefined)[], values: Values): string {
  if (whole === '{{') return '{';
  if (whole === '}}') return '}';
  if (macro === 'args_json') return argsJson(values);
  if (macro === 'args_json_file') return `${values.facts?.['run.dir'] ?? ''}/${ARGS_FILE}`;
  if (name === undefined) return whole!;
  return on === undefined ? textOf(name, values) : isOn(name, values) ? on : (off ?? '');
}

/** Returns whether a value counts as on: everything but false, null, zero, an empty text and an empty list. */
function isOn(name: string, values: Values): boolean {
  if (!hasEntry(values.params, name)) return textOf(name, values) !== '';
  const value = entryOf(values.params, name);
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** The items of a list as texts; null if the value is not a list. */
function itemsOf(name: string, { params, floats }: Values): string[] | null {
  const value = entryOf(params, name);
  const mark = markAt(floats, name);
  return Array.isArray(value) ? value.map((item, i) => valueText(item, markAt(mark, i))) : null;
}

function textOf(name: string, { params, floats, facts }: Values): string {
  if (hasEntry(params, name)) return valueText(entryOf(params, name)!, markAt(floats, name));
  const fact = entryOf(facts, name);
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
    super(l10n.t('{0} has no value', missing));
  }
}

/** The value of an environment variable: `{name}` is filled in, everything else stays as written. */
export function fillVariable(text: string, values: Values): string {
  return text.replace(PATTERN, (...match: (string | undefined)[]) =>
    match[1] === undefined ? pieceOf(match, values) : match[0]!,
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
