/**
 * Messages between the editor and the viewer: a process that reads the logs of other tools in one folder, so that the
 * editor can show them. It starts and writes nothing, and keeps what it reads in memory.
 */
import { z } from 'zod';
import { Run } from './engine.js';
import { FoundLog } from './foreign.js';
import { record } from './recordSchema.js';

/** Requests of the engine's that the viewer answers, for the runs in those logs. */
export const VIEWER_REQUESTS = [
  'experiments/list',
  'runs/list',
  'runs/get',
  'runs/columns',
  'best/of',
  'runs/groups',
  'runs/confusion',
  'runs/drawings',
  'runs/media',
  'media/read',
  'series/read',
  'metrics/read',
  'metrics/ranks',
] as const;
export type ViewerRequest = (typeof VIEWER_REQUESTS)[number];

export const ToViewer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('request'), id: z.number().int(), method: z.enum(VIEWER_REQUESTS), params: z.unknown() }),
  /** Searches the folder now. */
  z.object({ type: z.literal('look') }),
  /** Someone sees the result: grown logs are read on, and new ones are searched for. */
  z.object({ type: z.literal('seen'), seen: z.boolean() }),
]);
export type ToViewer = z.infer<typeof ToViewer>;

export const FromViewer = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('reply'),
    id: z.number().int(),
    result: z.unknown().optional(),
    error: z.string().optional(),
  }),
  /** Contents of the folder. `cut`: it has more folders or more runs than are read. */
  z.object({
    type: z.literal('found'),
    logs: z.array(FoundLog.extend({ modified: z.number() })),
    cut: z.boolean(),
  }),
  /** New rows, and runs that are gone or imported by now. */
  z.object({ type: z.literal('changed'), runs: z.array(Run), removed: z.array(z.string()) }),
  /** Number of points by run and metric. */
  z.object({ type: z.literal('grown'), runs: record(record(z.number().int())) }),
  /** The path that is read next, to be left out if the reader hangs. Null: it is done. */
  z.object({ type: z.literal('reading'), path: z.string().nullable() }),
]);
export type FromViewer = z.infer<typeof FromViewer>;
