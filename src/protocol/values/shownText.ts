/** Characters that must not reach a terminal or a dialog unescaped: they move the cursor, or hide or reorder text. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text with each of them as U+FFFD. Line breaks (LF) and tabs stay. */
export function replaceUnsafe(text: string): string {
  return text.replace(UNSAFE, '\ufffd');
}

/**
 * Returns the text with each of them written as in JSON (`\u001b`), so that JSON text keeps its meaning. LF and tabs
 * stay.
 */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
