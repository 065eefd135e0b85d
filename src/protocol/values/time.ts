import { z } from 'zod';

/** The latest and, negated, the earliest time that a date can be made of, in milliseconds since the epoch. */
export const TIME_LIMIT = 8.64e15;

/**
 * Milliseconds since 1970-01-01T00:00:00Z; may have a fraction. A value that can't be a date, which a folder may
 * contain, becomes the nearest one.
 */
export const Time = z.number().transform((time) => Math.min(Math.max(time, -TIME_LIMIT), TIME_LIMIT));
