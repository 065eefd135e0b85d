/** Names that reports have in files, and in their Markdown. */

/** Every Markdown file with this ending is a report. */
export const REPORT_ENDING = '.report.md';
/** First word of a fenced code block that is drawn: "```tunesmith chart". */
export const BLOCK_WORD = 'tunesmith';
/** Bytes that a report has at most. */
export const REPORT_LIMIT = 4 * 2 ** 20;

export const isReport = (file: string): boolean => file.toLowerCase().endsWith(REPORT_ENDING);
