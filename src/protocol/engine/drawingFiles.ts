/** Schemas of the files that the panel itself reads. It loads them with the small build of the schema library, the only one in its bundle. */
import * as z from 'zod/mini';

const Text = z.string().check(z.maxLength(500));
const most = <T extends z.core.SomeType>(one: T, length: number, least = 0) =>
  z.array(one).check(z.minLength(least), z.maxLength(length));
/** Values that are not finite are null. */
const Points = most(z.nullable(z.number()), 10_000);
const NotNegative = z.number().check(z.gte(0));
const Place = z.int().check(z.gte(0));

/** Counts of values in bins; `edges` has one more than `counts`. */
export const HistogramDrawing = z
  .object({ counts: most(NotNegative, 4096, 1), edges: most(z.number(), 4097) })
  .check(z.refine(({ counts, edges }) => edges.length === counts.length + 1));
export type HistogramDrawing = z.infer<typeof HistogramDrawing>;

export const PlotDrawing = z.object({
  kind: z.enum(['line', 'scatter', 'bar']),
  title: Text,
  /** Names of the axes. */
  x: Text,
  y: Text,
  series: most(z.object({ name: Text, x: z.union([Points, most(Text, 10_000)]), y: Points }), 100),
});
export type PlotDrawing = z.infer<typeof PlotDrawing>;

/** A module or operation of a network. */
export const GraphNode = z.object({
  /** Path in the network, such as `encoder.0.conv`; each is there once. */
  name: Text,
  /** Its class or operation. */
  type: Text,
  /** Place of the node that it is part of; null: it is part of none. A part comes after its whole. */
  parent: z.nullable(Place),
  /** Places of the nodes whose results it takes, as far as they are known. */
  inputs: z.optional(most(Place, 200)),
  /** Shape of its result; null for a size that differs, such as the batch's. */
  shape: z.optional(z.nullable(most(z.nullable(z.number()), 20))),
  /** Its own weights, without those of its parts. */
  weights: z.optional(most(z.object({ name: Text, shape: most(NotNegative, 20), trained: z.boolean() }), 200)),
});
export type GraphNode = z.infer<typeof GraphNode>;

/** The parts of a network in the order in which they work. */
export const ModelGraph = z.object({ nodes: most(GraphNode, 5000, 1), cut: z.optional(z.boolean()) });
export type ModelGraph = z.infer<typeof ModelGraph>;
