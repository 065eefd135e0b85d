/** The charts share their crosshair: all show the position of the pointer in one of them. */
export interface Hover {
  source: object;
  x: number | null;
}

const listeners = new Set<(hover: Hover) => void>();
let last: number | null = null;

export function onHover(tell: (hover: Hover) => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function setHover(hover: Hover): void {
  if (hover.x === last) return;
  last = hover.x;
  for (const tell of listeners) tell(hover);
}
