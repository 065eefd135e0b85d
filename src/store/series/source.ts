/**
 * Sources of a series. Metrics read from a program's output count only if no other source records them: a client, a
 * library's hook or a log file. The journals keep all of them.
 */
import { RUN_FILES } from '../../protocol/run/runFolder.js';

export const Source = {
  /** The program itself, or what speaks for it. */
  logged: 0,
  /** Read from the output by our own grammar. */
  printed: 1,
  /** Read from the output by a person's patterns. */
  asked: 2,
  /** Use of the machine. */
  system: 3,
} as const;
export type Source = (typeof Source)[keyof typeof Source];

const BY_FILE = new Map<string, Source>([
  [RUN_FILES.outputJournal, Source.printed],
  [RUN_FILES.patternsJournal, Source.asked],
  [RUN_FILES.systemJournal, Source.system],
]);

/** Whose records a journal file has. */
export const sourceOf = (file: string): Source => BY_FILE.get(file) ?? Source.logged;

/** Returns the word that clients get for it; undefined: the program itself. */
export const sourceWord = (source: number): 'output' | 'system' | undefined =>
  source === Source.system ? 'system' : source === Source.logged ? undefined : 'output';
