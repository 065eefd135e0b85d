/**
 * The output by which a notebook's kernel shows a run below a cell, and the messages between its renderer and the
 * extension. The renderer is a separate small page, so these schemas use zod's small variant.
 */
import * as z from 'zod/mini';

/** Content type of an output that shows a run; `python/tunesmith/_notebook.py` writes it. */
export const NOTEBOOK_MIME = 'application/vnd.tunesmith.run+json';

/**
 * Maximum number of curves of one card, and of points of one curve. The kernel writes fewer; an opened notebook may
 * contain anything.
 */
const MOST_CURVES = 64;
const MOST_POINTS = 5000;
const Text = z.string().check(z.maxLength(2000));

/** A step and a value; null: NaN or infinite. */
const Point = z.tuple([z.number(), z.nullable(z.number())]);

export const NotebookRun = z.object({
  version: z.literal(1),
  id: Text,
  name: Text,
  /** `running`, or how the run has ended. */
  status: Text,
  curves: z
    .array(
      z.object({
        name: Text,
        /** The newest value; a text for NaN and infinities. */
        last: z.union([z.number(), Text]),
        points: z.array(Point).check(z.maxLength(MOST_POINTS)),
      }),
    )
    .check(z.maxLength(MOST_CURVES)),
});
export type NotebookRun = z.infer<typeof NotebookRun>;

export const FromRenderer = z.discriminatedUnion('type', [
  /** The renderer has loaded and requests the person's language. */
  z.object({ type: z.literal('hello') }),
  /** The person requests to see a run in the panel. */
  z.object({ type: z.literal('open'), run: Text }),
]);
export type FromRenderer = z.infer<typeof FromRenderer>;

/** Pairs of an English text and its translation; none for English. */
export const ToRenderer = z.object({ type: z.literal('texts'), texts: z.array(z.tuple([z.string(), z.string()])) });
export type ToRenderer = z.infer<typeof ToRenderer>;
