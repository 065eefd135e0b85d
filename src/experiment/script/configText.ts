/** Configuration files of other tools (YAML, JSON, TOML), read as values with their types. */
import { parse as parseToml } from 'smol-toml';
import { parseDocument, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { ParamValue } from '../../protocol/values/index.js';
import { setEntry } from '../../protocol/values/records.js';
import type { ArgumentKind } from './types.js';

export type ConfigFormat = 'yaml' | 'json' | 'toml';

/** Maximum UTF-16 units of a configuration file, values in it, and depth of their nesting. */
const LARGEST = 256 * 1024;
const MOST = 300;
const DEEPEST = 8;

export interface ConfigValue {
  path: string[];
  value: ParamValue;
  kind: ArgumentKind;
  isList: boolean;
}

/** A number that was written as a float; so that `1.0` stays one. */
export class Float {
  constructor(readonly value: number) {}
}

export function formatOf(file: string): ConfigFormat | null {
  const ending = /\.(ya?ml|json|toml)$/i.exec(file)?.[1]?.toLowerCase();
  return ending === undefined ? null : ending.startsWith('y') ? 'yaml' : (ending as ConfigFormat);
}

/** The file as a tree of groups; null when it can't be read as one. Never throws. */
export function configTree(text: string, format: ConfigFormat): Record<string, unknown> | null {
  if (text.length > LARGEST) return null;
  try {
    // Big integers tell whole numbers from floats.
    if (format === 'toml') return typedToml(parseToml(text, { integersAsBigInt: true })) as Record<string, unknown>;
    const document = parseDocument(text, { uniqueKeys: false, logLevel: 'silent' });
    if (document.errors.length > 0) return null;
    const tree = treeOf(document.contents, 0);
    return typeof tree === 'object' && tree !== null && !Array.isArray(tree) ? (tree as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function typedToml(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return new Float(value);
  if (Array.isArray(value)) return value.map(typedToml);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return String(value);
  const group: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) setEntry(group, key, typedToml(inner));
  return group;
}

/** Aliases are left out: their values are elsewhere in the file. */
function treeOf(node: unknown, depth: number): unknown {
  if (depth > DEEPEST) return undefined;
  if (isMap(node)) {
    const group: Record<string, unknown> = {};
    for (const { key, value } of node.items) {
      const read = isScalar(key) ? treeOf(value as Node, depth + 1) : undefined;
      if (read !== undefined) setEntry(group, String((key as { value: unknown }).value), read);
    }
    return group;
  }
  if (isSeq(node)) return node.items.map((item) => treeOf(item, depth + 1));
  if (!isScalar(node)) return node === null ? null : undefined;
  const isFloat = typeof node.value === 'number' && /[.eE]/.test(node.source ?? '');
  return isFloat ? new Float(node.value as number) : node.value;
}

/** Values other than groups, in the order of the file; those with interpolations (`${…}`) are left out. */
export function scalarsOf(tree: Record<string, unknown>): ConfigValue[] {
  const found: ConfigValue[] = [];
  const visit = (value: unknown, path: string[]): void => {
    if (found.length >= MOST) return;
    const read = valueOf(value);
    if (read) found.push({ path, ...read });
    else if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Float))
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
  };
  visit(tree, []);
  return found;
}

function valueOf(value: unknown): Omit<ConfigValue, 'path'> | null {
  if (value instanceof Float) return { value: value.value, kind: 'float', isList: false };
  if (value === null) return { value: null, kind: 'text', isList: false };
  if (typeof value === 'number') return { value, kind: Number.isInteger(value) ? 'int' : 'float', isList: false };
  if (typeof value === 'boolean') return { value, kind: 'boolean', isList: false };
  if (typeof value === 'string') return /\$\{/.test(value) ? null : { value, kind: 'text', isList: false };
  if (!Array.isArray(value) || value.length === 0 || value.length > 50) return null;
  const items = value.map(valueOf);
  if (items.some((item) => item === null || item.isList || item.value === null)) return null;
  const kinds = new Set(items.map((item) => item!.kind));
  const kind =
    kinds.size === 1 ? items[0]!.kind : [...kinds].every((k) => k === 'int' || k === 'float') ? 'float' : null;
  return kind && { value: items.map((item) => item!.value!), kind, isList: true };
}
