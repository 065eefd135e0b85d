import { inEnglish } from '../format/said.js';
import type { Said } from '../protocol/said.js';

/** A mistake of the person or their data, explained in the message; no stack needed. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';

  /** `said`: the message with its values apart, so that it can be shown in the reader's language. */
  constructor(readonly said: Said) {
    super(inEnglish(said));
  }
}

/** A setting of the `network:` section is wrong in a way that only the data or a file show. */
export class PlacedError extends TrainingError {
  constructor(
    /** Path to the setting, from `network`. */
    readonly path: readonly (string | number)[],
    said: Said,
  ) {
    super(said);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Returns the error's message as a value of another text. */
export const saidOf = (error: unknown): string | Said =>
  error instanceof TrainingError ? error.said : messageOf(error);

/** Returns the error's message for a line of the trainer, with its values apart if it is a text of ours. */
export const toldOf = (error: unknown): { message: string; said?: Said } => ({
  message: messageOf(error),
  ...(error instanceof TrainingError && { said: error.said }),
});

/** Joins names for a message; a long list is shortened so that the rest of the message stays visible. */
export function listOf(names: readonly string[]): string {
  const most = 20;
  return names.length > most ? `${names.slice(0, most).join(', ')}, … (${names.length})` : names.join(', ');
}
