/** An error that the person can fix: its message is shown as it is, without a stack. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

/** A setting of the `network:` section is wrong in a way that only the data or a file show. */
export class PlacedError extends TrainingError {
  constructor(
    /** Path to the setting, from `network`. */
    readonly path: readonly (string | number)[],
    message: string,
  ) {
    super(message);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Joins names for a message; a long list is shortened so that the rest of the message stays visible. */
export function listOf(names: readonly string[]): string {
  const most = 20;
  return names.length > most ? `${names.slice(0, most).join(', ')}, … (${names.length})` : names.join(', ');
}
