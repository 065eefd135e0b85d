/** A text that is stored, with its values apart, so that whoever shows it can do so in the person's language. */
import { z } from 'zod';
import { LONGEST_VALUE } from './saidLimits.js';

export interface Said {
  /** The English text with `{0}`, `{1}`, … for its values. */
  text: string;
  /** A value may be such a text itself: the reason within a message. */
  values: (string | number | Said)[];
}

/** Texts within texts, at most: what a folder carries can't exhaust the stack. */
const DEEPEST = 4;

function saidSchema(deeper: number): z.ZodType<Said> {
  const plain = [z.string().max(LONGEST_VALUE), z.number()] as const;
  const value = deeper === 0 ? z.union(plain) : z.union([...plain, saidSchema(deeper - 1)]);
  return z.object({ text: z.string().max(2000), values: z.array(value).max(16) });
}

export const Said = saidSchema(DEEPEST);

/** A note of the trainer: a text of Tunesmith, or words that someone else wrote. */
export const Note = z.union([z.string(), Said]);
export type Note = z.infer<typeof Note>;
