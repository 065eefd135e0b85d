/** A mistake that the person can mend: its message is shown as it is, without a stack. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
