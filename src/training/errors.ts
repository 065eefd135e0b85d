/** A mistake that the person can mend: its message is shown as it is, without a stack. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** For messages: of many names the first ones, so that the rest of the message is seen. */
export function listOf(names: readonly string[]): string {
  const most = 20;
  return names.length > most ? `${names.slice(0, most).join(', ')}, … (${names.length})` : names.join(', ');
}
