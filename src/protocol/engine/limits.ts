/** Limits of the engine's answers, which the panel knows without their schemas. */

/** Curves that come with a list of runs at most: the list is answered in one turn. */
export const MOST_FIRST_CURVES = 50;

/** Metrics whose summaries a row has; a run may log thousands. */
export const ROW_METRICS = {
  /** Number of the program's own: those that appeared first in the workspace. */
  own: 40,
  /** Number of those that others record: the use of the machine, printed values. */
  others: 24,
  /** Names that a client may ask for besides. */
  asked: 500,
} as const;

/** Bytes of one file that are sent at most: they travel as base64 in one message. */
export const MOST_MEDIA_BYTES = 32 * 2 ** 20;
