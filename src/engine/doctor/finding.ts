export interface Finding {
  /** What was looked at: `home`, `engine`, `index`, `journals`, `folders`, `permissions`, `leftovers`. */
  about: string;
  state: 'fine' | 'note' | 'problem';
  /** What is so, in one sentence. */
  text: string;
  /** What repairing does, in one sentence; absent when there is nothing to repair, or only the person can. */
  remedy?: string;
  /** Does it. Throws when it can't. */
  repair?: () => void;
}

export const fine = (about: string, text: string): Finding => ({ about, state: 'fine', text });
export const note = (about: string, text: string): Finding => ({ about, state: 'note', text });
export function problem(about: string, text: string, remedy?: string, repair?: () => void): Finding {
  return { about, state: 'problem', text, ...(remedy !== undefined && { remedy }), ...(repair && { repair }) };
}
