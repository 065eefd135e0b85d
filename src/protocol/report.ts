/** Messages between the preview of a report (webview) and the extension host, which validates what comes. */
import { z } from 'zod';
import { record } from './values/recordSchema.js';

/** A block that the panel asks to have added to a report. */
export const NewBlock = z.object({
  kind: z.string().max(40),
  keys: record(z.unknown()),
});
export type NewBlock = z.infer<typeof NewBlock>;

/** A line of the text before which something is put, as the page has it; null: the end. */
const Before = z.number().int().min(1).nullable();
/** Version of the text that the page shows: lines are those of this version. */
const Version = z.number().int();

export const FromReport = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), width: z.number().int().min(0).max(10_000) }),
  /** The page is narrower or wider than before. */
  z.object({ type: z.literal('width'), width: z.number().int().min(0).max(10_000) }),
  /** A block has come onto the screen, or left it: only those on the screen are read while runs go on. */
  z.object({ type: z.literal('seen'), blocks: z.array(z.number().int().min(0)).max(1000) }),
  z.object({ type: z.literal('do'), what: z.enum(['insert', 'html', 'pdf', 'text']) }),
  z.object({ type: z.literal('go'), line: z.number().int().min(1), column: z.number().int().min(1) }),
  z.object({ type: z.literal('run'), run: z.string().max(64) }),
  z.object({ type: z.literal('move'), block: z.number().int().min(0).max(1000), before: Before, version: Version }),
  /** A card of the panel was dropped here. */
  z.object({ type: z.literal('add'), block: NewBlock, before: Before, version: Version }),
  /** A link to a file of the workspace, relative to the report. */
  z.object({ type: z.literal('link'), to: z.string().max(4000) }),
]);
export type FromReport = z.infer<typeof FromReport>;

/** Places of points in a drawing, for values under the pointer. */
export interface ReportHover {
  place: { left: number; top: number; width: number; height: number };
  height: number;
  x: string;
  curves: { name: string; color: number; css?: string; px: number[]; py: number[]; x: number[]; y: number[] }[];
}

export type ToReport =
  /** The whole page; `blocks`: what the pointer reads in each block. */
  | { type: 'page'; html: string; hovers: (ReportHover | null)[]; version: number }
  | { type: 'block'; index: number; html: string; hover: ReportHover | null }
  /** Answer to `move` and `add`. `message`: for the person, if nothing was changed; '' if there is nothing to say. */
  | { type: 'changed'; isDone: boolean; message: string }
  /** Runs that go on; '' if the engine is there. */
  | { type: 'state'; live: number; message: string };
