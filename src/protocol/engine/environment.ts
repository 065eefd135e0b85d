/** The environment variables of a client that requests a program. */
import { z } from 'zod';
import { record } from '../values/recordSchema.js';

/** More characters, names and values together, than any system gives to a process. */
const LARGEST_ENVIRONMENT = 8 << 20;

export const Environment = record(z.string()).refine(
  (env) =>
    Object.entries(env).reduce((sum, [name, value]) => sum + name.length + value.length, 0) <= LARGEST_ENVIRONMENT,
  { error: 'the environment is too large' },
);
