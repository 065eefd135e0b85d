/** Splits a byte stream into lines, such as one JSON object per line. */

export interface LineLimits {
  /** Longest line in UTF-16 units. */
  max?: number;
  /** Called once for a line that is too long. By default nothing more is read then. */
  onTooLong?(): void;
  /** Reads on after the end of a line that was too long. */
  skipTooLong?: boolean;
}

/** Returns a handler for a stream's `data`, which calls `onLine` for each whole line, without its newline; blank lines are skipped. */
export function lineReader(onLine: (line: string) => void, limits: LineLimits = {}): (chunk: Uint8Array) => void {
  const { max = 16 << 20, onTooLong, skipTooLong = false } = limits;
  // Streaming, because a chunk may end within a character.
  const decoder = new TextDecoder();
  let rest = '';
  let state: 'reading' | 'skipping' | 'stopped' = 'reading';
  return (chunk) => {
    if (state === 'stopped') return;
    const text = rest + decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = text.slice(from, end);
      from = end + 1;
      if (state === 'skipping') state = 'reading';
      else if (line.trim() !== '') onLine(line);
    }
    rest = from === 0 ? text : text.slice(from);
    if (state === 'skipping') rest = '';
    else if (rest.length > max) {
      rest = '';
      state = skipTooLong ? 'skipping' : 'stopped';
      onTooLong?.();
    }
  };
}
