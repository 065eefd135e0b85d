/** Building blocks of the section's schema. Their messages name the values that are allowed. */
import { z } from 'zod';
import { suggest } from '../suggest.js';

// Aborting, because zod reports the one branch of a union that does not abort in place of the others.
export const Placeholder = z.string().regex(/^\{[^{}]+\}$/, { error: 'must be a "{param}" placeholder', abort: true });

/** Returns the placeholder that is the only key of a group, such as a layer's kind in `"{kind}": { units: 64 }`; else null. */
export function kindPlaceholder(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return null;
  const [key, ...others] = Object.keys(entry);
  return key !== undefined && others.length === 0 && Placeholder.safeParse(key).success ? key : null;
}

/** Returns a schema for one of `names`. Its message lists them, or suggests the nearest name for a typo. */
export function oneOf<const T extends readonly [string, ...string[]]>(what: string, names: T) {
  return z.enum(names, {
    error: (issue) => {
      if (typeof issue.input !== 'string') return `${what} must be one of: ${names.join(', ')}`;
      const near = suggest(issue.input, names);
      return `unknown ${what} "${issue.input}"${near ? `; did you mean "${near}"?` : `; it must be one of: ${names.join(', ')}`}`;
    },
  });
}

export const number = (what: string) =>
  z.number({ error: (issue) => (issue.input === undefined ? `${what} is missing` : `${what} must be a number`) });
export const whole = (what: string, from = 1) =>
  number(what).int(`${what} must be a whole number`).min(from, `${what} must be at least ${from}`);
export const flag = (what: string) => z.boolean({ error: `${what} must be true or false` });
export const path = (what: string) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? `${what} is missing` : `${what} must be a file's path`) })
    .min(1, `${what} must be a file's path`);

/** Scalar schemas: with placeholders as a person writes them, or without once a run's parameters are filled in. */
export interface Kit {
  /** Allows a placeholder where the kit does. The inferred type stays the scalar's. */
  p<T extends z.ZodType>(of: T): T;
  optional<T extends z.ZodType>(of: T): z.ZodOptional<z.ZodNullable<T>>;
  /** Accepts one whole number of at least 1, or two: [height, width]. */
  pair(what: string): z.ZodUnion<readonly [z.ZodNumber, z.ZodTuple<[z.ZodNumber, z.ZodNumber], null>]>;
}

export function kitOf(placeholders: boolean): Kit {
  const p = <T extends z.ZodType>(of: T): T => (placeholders ? (z.union([of, Placeholder]) as unknown as T) : of);
  return {
    p,
    optional: (of) => p(of).nullish(),
    pair: (what) =>
      z.union([p(whole(what)), z.tuple([p(whole(what)), p(whole(what))])], {
        error: `${what} must be a whole number of at least 1, or two of them [height, width]`,
      }),
  };
}
