/** What the parts of the section's schema are made of. Messages say what may stand there. */
import { z } from 'zod';
import { suggest } from '../suggest.js';

export const Placeholder = z.string().regex(/^\{[^{}]+\}$/, 'must be a "{param}" placeholder');

/** Says what may stand here, with the nearest name when a word was mistyped. */
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

/** How scalars may be written: with placeholders as a person does, or without, once a run's parameters were put in. */
export interface Kit {
  /** The type is the scalar's either way. */
  p<T extends z.ZodType>(of: T): T;
  optional<T extends z.ZodType>(of: T): z.ZodOptional<z.ZodNullable<T>>;
  /** One whole number of at least 1, or two [height, width]. */
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
