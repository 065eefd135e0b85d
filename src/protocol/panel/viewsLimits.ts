/** Name of the file at the top of the workspace folder. */
export const VIEWS_FILE = 'tunesmith.views.json';
export const MOST_VIEWS = 200;
/** Bytes that the file has at most. */
export const VIEWS_LIMIT = 2 * 2 ** 20;

export const NO_VIEWS = { version: 1 as const, views: [] as never[], defaults: {} };
