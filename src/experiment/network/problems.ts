/** Turns zod's issues with a `network:` section into messages that a person can act on. */
import { z } from 'zod';
import { describeData } from './data/words.js';
import { describeLayer } from './layers/words.js';
import { suggest } from '../suggest.js';
import { entryOf } from '../../protocol/values/records.js';

/** An error in the section; `path` leads to it from `network` (keys and indexes). */
export interface NetworkProblem {
  path: (string | number)[];
  message: string;
}
type Issue = z.core.$ZodIssue;

export function problemsOf(issues: readonly Issue[], value: unknown, of: z.ZodType): NetworkProblem[] {
  return issues.flatMap((issue) => explain(issue, [], value, of));
}

/**
 * Explains an issue. For a union, only the branch that the person most likely meant is reported: the one that fails
 * deepest.
 */
function explain(issue: Issue, base: PropertyKey[], root: unknown, of: z.ZodType): NetworkProblem[] {
  const at = [...base, ...issue.path];
  if (issue.code === 'invalid_union') {
    const branch = issue.errors
      .filter((errors) => errors.length > 0)
      .map((errors) => ({ errors, depths: errors.map((error) => error.path.length) }))
      .filter(({ errors, depths }) => Math.min(...depths) > 0 || errors.every((e) => e.code === 'custom'))
      .sort((a, b) => Math.max(...b.depths) - Math.max(...a.depths) || a.errors.length - b.errors.length)[0];
    if (branch) return branch.errors.flatMap((error) => explain(error, at, root, of));
    const scalar = scalarBranch(issue.errors, valueAt(root, at));
    if (scalar) return explain(scalar, at, root, of);
    const object = keyBranch(issue.errors);
    if (object && isObject(valueAt(root, at)) && !isListed(at)) {
      return object.flatMap((error) => explain(error, at, root, of));
    }
    if (GENERIC.test(issue.message)) {
      const word = issue.errors.flat().find((error) => error.path.length === 0 && !GENERIC.test(error.message));
      if (word) return explain(word, at, root, of);
      const inner = issue.errors.flat().find(({ code, path }) => code === 'invalid_union' && path.length === 0);
      if (inner) return explain(inner, at, root, of);
      const choice = issue.errors.flat().find(({ code, path }) => code === 'invalid_value' && path.length === 0);
      if (choice) return explain(choice, at, root, of);
    }
  }
  if (issue.code === 'unrecognized_keys' && isListed(at)) {
    return [{ path: clean(at), message: describe(at, valueAt(root, at)) }];
  }
  if (issue.code === 'unrecognized_keys') {
    const all = knownKeys(of, at);
    const present = Object.keys((valueAt(root, at) as object | undefined) ?? {});
    const known = all.filter((key) => !present.includes(key));
    return issue.keys.map((key) => {
      const near = suggest(key, all);
      const hint = near ? `did you mean "${near}"?` : `known: ${known.join(', ')}`;
      return { path: clean([...at, key]), message: `unknown key "${key}"${known.length ? `; ${hint}` : ''}` };
    });
  }
  let message = issue.message;
  if (issue.code === 'invalid_type' && /^Invalid input/.test(message)) {
    const missing = valueAt(root, at) === undefined;
    const name = String(at.at(-1) ?? 'network');
    message = missing ? `"${name}" is missing` : `"${name}" must be ${article(issue.expected)}`;
  }
  if (issue.code === 'invalid_value' && GENERIC.test(message)) {
    const name = at.findLast((part) => typeof part === 'string') ?? 'network';
    message = `${name} must be one of: ${issue.values.map(String).join(', ')}`;
  }
  return [{ path: clean(at), message }];
}

/** Messages of schemas, without knowledge of the person's intention. */
const GENERIC = /^(Invalid |must be a "\{param)/;

/** Finds the branch for scalars: when the value is a number or string, its message is the most helpful one. */
function scalarBranch(branches: readonly (readonly Issue[])[], value: unknown): Issue | undefined {
  if (isObject(value) || value === undefined || value === null) return undefined;
  const direct = branches.flat().filter((error) => error.path.length === 0);
  return direct.find(
    ({ code, message }) =>
      (code === 'too_small' || code === 'too_big' || code === 'invalid_value') && !GENERIC.test(message),
  );
}
const keyBranch = (branches: readonly (readonly Issue[])[]) =>
  branches.find((errors) => errors.length > 0 && errors.every((error) => error.code === 'unrecognized_keys'));
const describe = (at: PropertyKey[], value: unknown) => (inLayers(at) ? describeLayer(value) : describeData(value));
/** True for layers and data, which have their own messages for an unknown key. */
const isListed = (at: PropertyKey[]) => inLayers(at) || (at[0] === 'data' && at.length === 1);
/** True for an entry of a list of layers, which may be nested in another layer. */
const inLayers = (at: PropertyKey[]) =>
  typeof at.at(-1) === 'number' && (at.at(-2) === 'layers' || at.at(-2) === 'residual' || at.at(-3) === 'blocks');
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const clean = (path: PropertyKey[]) => path.map((part) => (typeof part === 'number' ? part : String(part)));
const article = (expected: string) =>
  expected === 'array'
    ? 'a list'
    : expected === 'object' || expected === 'record'
      ? 'a group of settings'
      : `a ${expected}`;

function valueAt(root: unknown, at: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of at) value = isObject(value) ? (value as Record<PropertyKey, unknown>)[part] : undefined;
  return value;
}

/** Returns the names of the keys allowed at a path, found by walking the schema along the actual value. */
function knownKeys(of: z.ZodType, at: readonly PropertyKey[]): string[] {
  let candidates: z.ZodType[] = [of];
  const unwrap = (type: z.ZodType): z.ZodType[] => {
    if (type instanceof z.ZodOptional || type instanceof z.ZodNullable) return unwrap(type.unwrap() as z.ZodType);
    if (type instanceof z.ZodLazy) return unwrap(type.unwrap() as z.ZodType);
    if (type instanceof z.ZodUnion) return type.options.flatMap((option) => unwrap(option as z.ZodType));
    return [type];
  };
  candidates = unwrap(of);
  for (const part of at) {
    candidates = candidates.flatMap((type) => {
      if (type instanceof z.ZodArray) return unwrap(type.element as z.ZodType);
      if (type instanceof z.ZodRecord) return unwrap(type.valueType as z.ZodType);
      const field =
        type instanceof z.ZodObject ? (entryOf(type.shape, String(part)) as z.ZodType | undefined) : undefined;
      return field ? unwrap(field) : [];
    });
  }
  const objects = candidates.filter((type) => type instanceof z.ZodObject);
  return objects.flatMap((type) => Object.keys(type.shape));
}
