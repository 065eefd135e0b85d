/** A text that is stored, with its values apart, so that whoever shows it can do so in the person's language. */
import { z } from 'zod';

export const Said = z.object({
  /** The English text with `{0}`, `{1}`, … for its values. */
  text: z.string().max(2000),
  values: z.array(z.union([z.string().max(4000), z.number()])).max(16),
});
export type Said = z.infer<typeof Said>;
