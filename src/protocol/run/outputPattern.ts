/** A person's patterns for metrics in a program's output: `capture: { output: [patterns] }`. */

/** Groups other than metrics: the line's position in the training, and a metric's name and value. */
export const PLACE_GROUPS = ['step', 'epoch', 'name', 'value'];

/** The pattern as JavaScript writes it: Python's `(?P<name>` is read as well. */
export const patternSource = (pattern: string): string => pattern.replace(/\(\?P<(?![=!])/g, '(?<');

/** Returns the problem of a pattern, as a sentence without its period, or null. */
export function patternProblem(pattern: string): string | null {
  const source = patternSource(pattern);
  try {
    new RegExp(source, 'u');
  } catch (error) {
    return `${JSON.stringify(pattern)} is not a regular expression: ${(error as Error).message.replace(/^.*\/u?: /, '')}`;
  }
  const groups = [...source.matchAll(/\(\?<([\p{L}_$][\p{L}\p{N}_$]*)>/gu)].map(([, name]) => name!);
  const hasMetric = groups.some((name) => !PLACE_GROUPS.includes(name));
  if (hasMetric || (groups.includes('name') && groups.includes('value'))) return null;
  return `${JSON.stringify(pattern)} does not name a metric: write (?<loss>[\\d.]+), or (?<name>\\w+)=(?<value>[\\d.]+)`;
}
