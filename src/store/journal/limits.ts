/** Limits on the records of one run. Programs may write anything. */
export const MAX_METRICS = 5000;
export const MAX_PARAMS = 2000;
export const MAX_VALUE = 65_536;
/** Characters of a value whose change is noted. */
export const MAX_CHANGED = 200;
export const MAX_TEXT = 16_384;
export const MAX_MESSAGES = 1000;

/** Returns the text, cut to the largest length that is kept. */
export const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
