/** Kinds of media that the panel draws itself. Without a schema, so that supervisors, which only name them, stay small. */

export const HISTOGRAM_MIME = 'application/vnd.tunesmith.histogram+json';
export const PLOT_MIME = 'application/vnd.tunesmith.plot+json';
export const GRAPH_MIME = 'application/vnd.tunesmith.graph+json';
/** A block that is dragged from the panel to a report: its kind and keys. */
export const BLOCK_MIME = 'application/vnd.tunesmith.block+json';
