/**
 * Messages between the editor and the viewer: a process that reads one folder for an editor that may not start anything there,
 * or for logs of other tools. It starts nothing, writes nothing, and keeps what it reads in its memory.
 */
import { z } from 'zod';
import { Run, Search } from './engine/index.js';
import { FoundLog } from './engine/foreign.js';
import { record } from './values/recordSchema.js';

/** Requests of the engine's that the viewer answers for the runs in logs of other tools. */
export const VIEWER_REQUESTS = [
  'experiments/list',
  'runs/list',
  'runs/get',
  'runs/metrics',
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

/** Requests that it answers for our own runs, in a workspace that is not trusted. */
export const OWN_VIEWER_REQUESTS = [
  ...VIEWER_REQUESTS,
  'runs/recorded',
  'runs/code',
  'runs/lineage',
  'runs/files',
  'pipelines/get',
  'log/read',
  'searches/list',
  'searches/get',
  'searches/insight',
] as const;
export type OwnViewerRequest = (typeof OWN_VIEWER_REQUESTS)[number];

/** Options of a viewer, as JSON in its second argument. */
export const ViewerOptions = z.object({
  /** Paths that are not read: a reader has not come back from them. */
  avoid: z.array(z.string()).default([]),
  /** Reads logs of other tools. */
  logs: z.boolean().default(true),
  /** Reads our own runs, too. */
  own: z.boolean().default(false),
  /** The Tunesmith home, whose list of runs that this person has started here is read; null: none is. */
  home: z.string().nullable().default(null),
  /** Language of its texts. */
  locale: z.string().default('en'),
});
export type ViewerOptions = z.infer<typeof ViewerOptions>;

export const ToViewer = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('request'),
    id: z.number().int(),
    /** It is about our own runs. */
    own: z.boolean(),
    method: z.enum(OWN_VIEWER_REQUESTS),
    params: z.unknown(),
  }),
  /** Searches the folder now. */
  z.object({ type: z.literal('look') }),
  /** Someone sees the result: grown logs are read on, and new ones are searched for. */
  z.object({ type: z.literal('seen'), seen: z.boolean() }),
  /** Own runs whose output somebody follows (replaces the former list). */
  z.object({ type: z.literal('watch'), logs: z.array(z.string()) }),
]);
export type ToViewer = z.infer<typeof ToViewer>;

export const FromViewer = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('reply'),
    id: z.number().int(),
    result: z.unknown().optional(),
    error: z.string().optional(),
  }),
  /** All logs of other tools in the folder. `cut`: it has more folders or more runs than are looked at. */
  z.object({
    type: z.literal('found'),
    logs: z.array(FoundLog.extend({ modified: z.number() })),
    cut: z.boolean(),
  }),
  /** How many of our own runs are read, and how many there are. `cut`: the folder has more than are looked at. */
  z.object({ type: z.literal('own'), done: z.number().int(), of: z.number().int(), cut: z.boolean() }),
  /** New rows, and runs that are gone or imported by now. */
  z.object({
    type: z.literal('changed'),
    own: z.boolean(),
    runs: z.array(Run),
    removed: z.array(z.string()),
    searches: z.array(Search).default([]),
    removedSearches: z.array(z.string()).default([]),
  }),
  /** Number of points by run and metric. */
  z.object({ type: z.literal('grown'), own: z.boolean(), runs: record(record(z.number().int())) }),
  /** Bytes of output by own run, for those that are followed. */
  z.object({ type: z.literal('logGrown'), runs: record(z.number().int()) }),
  /** The path that is read next, to be left out if the reader hangs. Null: it is done. */
  z.object({ type: z.literal('reading'), path: z.string().nullable() }),
]);
export type FromViewer = z.infer<typeof FromViewer>;
