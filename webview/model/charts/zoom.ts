/** Ends of a zoomed chart's axes. */
export interface Zoom {
  x: [number, number];
  /** Ends of the first vertical axis. */
  y: [number, number];
  /** Ends of the others, by their place (`y2` is the second). */
  [axis: `y${number}`]: [number, number];
}

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((item) => Number.isFinite(item)) && value[0] < value[1];

/** Returns the ends of a vertical axis; undefined: not zoomed. */
export const zoomOf = (zoom: Zoom | null, axis: number): [number, number] | undefined =>
  axis === 0 ? zoom?.y : zoom?.[`y${axis + 1}`];

/** Reads the ends of a stored zoom; null: they are invalid. */
export function readZoom(stored: unknown): Zoom | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { x, y, ...others } = stored as Record<string, unknown>;
  if (!isPair(x) || !isPair(y)) return null;
  const more = Object.entries(others).filter(([axis, ends]) => /^y[0-9]{1,2}$/.test(axis) && isPair(ends));
  return { x, y, ...(Object.fromEntries(more) as Record<`y${number}`, [number, number]>) };
}
