import { z } from 'zod';

/** One line of text. */
export const word = (what: string) =>
  z
    .string({ error: `${what} must be text` })
    .min(1, `${what} must not be empty`)
    .max(200)
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), `${what} must be one line`);

export const setupLines = z
  .array(word('a line of setup'), { error: 'setup must be a list of lines, such as: [module load cuda]' })
  .max(50);
