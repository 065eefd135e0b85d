export interface Finding {
  /** The subject: `home`, `engine`, `index`, `journals`, `folders`, `permissions` or `leftovers`. */
  about: string;
  state: 'fine' | 'note' | 'problem';
  /** The finding, in one sentence. */
  text: string;
  /** The repair, in one sentence; absent if nothing needs it, or only the person can do it. */
  remedy?: string;
  /** Does it. Throws when it can't. */
  repair?: () => void;
}

export const fine = (about: string, text: string): Finding => ({ about, state: 'fine', text });
export const note = (about: string, text: string): Finding => ({ about, state: 'note', text });
export function problem(about: string, text: string, remedy?: string, repair?: () => void): Finding {
  return { about, state: 'problem', text, ...(remedy !== undefined && { remedy }), ...(repair && { repair }) };
}
