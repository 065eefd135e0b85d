/** Schemas of the places where the name of a block may stand. */
import { z } from 'zod';

/** Schema of a list of layers, or of the name of one. The type stays the list's. */
export function layersOrName<T>(list: z.ZodType<T[]>): z.ZodType<T[]> {
  const name = z.string().min(1, 'layers must name at least one layer');
  return z.union([list, name], {
    error: 'layers must be a list, one layer per entry',
  }) as unknown as z.ZodType<T[]>;
}

/** Schemas of an entry that names a block, or several. */
export const blockNames = [z.string(), z.array(z.string()).min(1, 'name at least one block')] as const;
