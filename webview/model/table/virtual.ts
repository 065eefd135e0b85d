/** The arithmetic of a list that holds only the rows on the screen. */
export interface Window {
  /** First row to render and the one after the last. */
  first: number;
  end: number;
  /** Pixels above and below the rendered rows. */
  before: number;
  after: number;
}

export function windowOf(
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
  count: number,
  overscan = 8,
): Window {
  const top = Math.max(0, Math.min(scrollTop, Math.max(0, count * rowHeight - viewHeight)));
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((top + viewHeight) / rowHeight) + overscan);
  return { first, end: Math.max(first, end), before: first * rowHeight, after: Math.max(0, count - end) * rowHeight };
}

/** Pages of `size` rows that contain the rows [first, end). */
export function pagesOf(first: number, end: number, size: number): number[] {
  if (end <= first) return [];
  const pages: number[] = [];
  for (let page = Math.floor(first / size); page <= Math.floor((end - 1) / size); page++) pages.push(page);
  return pages;
}

/** Returns the scroll position that brings a row into view; the present one if it is visible already. */
export function scrollToRow(row: number, scrollTop: number, viewHeight: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewHeight) return top + rowHeight - viewHeight;
  return scrollTop;
}
