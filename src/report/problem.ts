/** A mistake in a report, with its place in the file. */
export interface ReportProblem {
  /** They count from 1. */
  line: number;
  column: number;
  endColumn?: number;
  message: string;
  /** The remedy; '' if the message says it. */
  hint: string;
}

/** A block can't be drawn. Its message is for the person. */
export class BlockError extends Error {
  override name = 'BlockError';
  constructor(
    message: string,
    readonly hint = '',
    /** The key whose value is at fault; null: the block as a whole. */
    readonly key: string | null = null,
  ) {
    super(message);
  }
}

/** `message (line 12:3): hint`, for a terminal or a page. */
export const problemText = ({ message, hint }: Pick<ReportProblem, 'message' | 'hint'>): string =>
  hint === '' ? message : `${message} ${hint}`;
