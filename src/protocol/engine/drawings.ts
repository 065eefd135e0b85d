/** Histograms and plots that a run has logged as files, as the panel draws them. */
import { z } from 'zod';
import { ID_PATTERN } from '../run/runFiles.js';

const Text = z.string().max(500);
/** Values that are not finite are null. */
const Points = z.array(z.number().nullable()).max(10_000);

/** Counts of values in bins; `edges` has one more than `counts`. */
export const HistogramDrawing = z
  .object({ counts: z.array(z.number().min(0)).min(1).max(4096), edges: z.array(z.number()).max(4097) })
  .refine(({ counts, edges }) => edges.length === counts.length + 1);
export type HistogramDrawing = z.infer<typeof HistogramDrawing>;

export const PlotDrawing = z.object({
  kind: z.enum(['line', 'scatter', 'bar']),
  title: Text,
  /** Names of the axes. */
  x: Text,
  y: Text,
  series: z.array(z.object({ name: Text, x: z.union([Points, z.array(Text).max(10_000)]), y: Points })).max(100),
});
export type PlotDrawing = z.infer<typeof PlotDrawing>;

/** A module or operation of a network. */
export const GraphNode = z.object({
  /** Path in the network, such as `encoder.0.conv`; each is there once. */
  name: Text,
  /** Its class or operation. */
  type: Text,
  /** Place of the node that it is part of; null: it is part of none. A part comes after its whole. */
  parent: z.number().int().min(0).nullable(),
  /** Places of the nodes whose results it takes, as far as they are known. */
  inputs: z.array(z.number().int().min(0)).max(200).optional(),
  /** Shape of its result; null for a size that differs, such as the batch's. */
  shape: z.array(z.number().nullable()).max(20).nullable().optional(),
  /** Its own weights, without those of its parts. */
  weights: z
    .array(z.object({ name: Text, shape: z.array(z.number().min(0)).max(20), trained: z.boolean() }))
    .max(200)
    .optional(),
});
export type GraphNode = z.infer<typeof GraphNode>;

/** The parts of a network in the order in which they work. */
export const ModelGraph = z.object({ nodes: z.array(GraphNode).min(1).max(5000), cut: z.boolean().optional() });
export type ModelGraph = z.infer<typeof ModelGraph>;

export const Drawing = z.union([
  z.object({ histogram: HistogramDrawing }).strict(),
  z.object({ plot: PlotDrawing }).strict(),
]);
export type Drawing = z.infer<typeof Drawing>;

export const DrawingsRequest = {
  params: z
    .object({
      id: z.string().regex(ID_PATTERN, 'is not the id of a run'),
      /** Absent: the first one. */
      name: z.string().optional(),
      /** The newest one at or before this step; absent: the newest. */
      step: z.number().optional(),
    })
    .strict(),
  result: z.object({
    /** Names with the steps that there are, ascending. */
    names: z.array(z.object({ name: z.string(), steps: z.array(z.number()) })),
    /** Null if there is none, or its file is invalid. */
    shown: z.object({ name: z.string(), step: z.number(), drawing: Drawing }).nullable(),
  }),
};
export type Drawings = z.infer<typeof DrawingsRequest.result>;
