/** Reads a JSON Schema for completion and hover: the keys and values allowed at a path, and their meaning. */
import { l10n } from '../../format/l10n.js';
import { entryOf } from '../../protocol/values/records.js';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema | Schema[];
  prefixItems?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  required?: string[];
  $defs?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
}

export interface Property {
  name: string;
  description: string;
  required: boolean;
  /** Kind of its value; decides which text is inserted after the key. */
  value: 'mapping' | 'list' | 'scalar';
}

export interface Value {
  text: string;
  description: string;
}

export class SchemaReader {
  /** `told` says a description in the person's language. */
  constructor(
    private readonly root: Schema,
    private readonly told: (description: string) => string = (description) => description,
  ) {}

  /** Properties that a mapping at the path may have. */
  properties(path: readonly string[]): Property[] {
    const found = new Map<string, Property>();
    for (const schema of this.at(path)) {
      for (const [name, child] of Object.entries(schema.properties ?? {})) {
        if (found.has(name)) continue;
        const required = schema.required?.includes(name) ?? false;
        found.set(name, { name, description: this.describe(child), required, value: this.kind(child) });
      }
    }
    return [...found.values()];
  }

  /** Values known for the path: of enumerations, and `true`/`false`. */
  values(path: readonly string[]): Value[] {
    const found = new Map<string, Value>();
    for (const schema of this.at(path)) {
      const description = schema.description ? this.told(schema.description) : '';
      const values =
        schema.enum ?? ('const' in schema ? [schema.const] : types(schema).includes('boolean') ? [true, false] : []);
      for (const value of values) {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        if (!found.has(text)) found.set(text, { text, description });
      }
    }
    return [...found.values()];
  }

  /** Returns the description of the key at the end of the path, or '' if the schema has none. */
  description(path: readonly string[]): string {
    const parents = this.at(path.slice(0, -1));
    const name = path.at(-1) ?? '';
    for (const parent of parents) {
      const child = entryOf(parent.properties, name);
      if (child) return this.describe(child);
    }
    return '';
  }

  private at(path: readonly string[]): Schema[] {
    let schemas = this.branches(this.root);
    for (const key of path)
      schemas = schemas.flatMap((schema) => this.step(schema, key)).flatMap((s) => this.branches(s));
    return schemas;
  }

  private step(schema: Schema, key: string): Schema[] {
    if (key === '-') {
      const items = [schema.items ?? [], schema.prefixItems ?? []].flat();
      return items;
    }
    const child = entryOf(schema.properties, key);
    if (child) return [child];
    return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
  }

  /** The schema and its alternatives, references followed. */
  private branches(schema: Schema, depth = 0): Schema[] {
    if (depth > 12) return [];
    const resolved = this.resolve(schema);
    const parts = [...(resolved.anyOf ?? []), ...(resolved.oneOf ?? []), ...(resolved.allOf ?? [])];
    return [resolved, ...parts.flatMap((part) => this.branches(part, depth + 1))];
  }

  private resolve(schema: Schema): Schema {
    if (schema.$ref === '#') return this.root;
    const match = /^#\/(\$defs|definitions)\/(.+)$/.exec(schema.$ref ?? '');
    if (!match) return schema;
    const target = entryOf(this.root[match[1] as '$defs' | 'definitions'], decodeURIComponent(match[2]!));
    return target ? { ...target, ...(schema.description && { description: schema.description }) } : schema;
  }

  private describe(schema: Schema): string {
    const resolved = this.resolve(schema);
    const own =
      resolved.description ?? this.branches(resolved).find(({ description }) => description)?.description ?? '';
    const fallback = resolved.default === undefined ? '' : l10n.t('Default: {0}', JSON.stringify(resolved.default));
    return [own && this.told(own), fallback].filter(Boolean).join('\n\n');
  }

  private kind(schema: Schema): Property['value'] {
    const all = this.branches(schema).flatMap(types);
    if (all.some((type) => type !== 'object' && type !== 'array')) return 'scalar';
    return all.includes('object') ? 'mapping' : all.includes('array') ? 'list' : 'scalar';
  }
}

function types(schema: Schema): string[] {
  if (schema.type) return [schema.type].flat();
  if (schema.enum || 'const' in schema) return ['string'];
  return [];
}
