/** One JSON object a line, over a byte stream. */

export interface LineLimits {
  /** Longest line in UTF-16 units; a longer one ends the connection through `onTooLong`. */
  max?: number;
  onTooLong?(): void;
}

/** Handler for a stream's `data`: calls `onLine` for each whole line, without its newline; empty lines are skipped. */
export function lineReader(onLine: (line: string) => void, limits: LineLimits = {}): (chunk: Uint8Array) => void {
  // Streaming, because a chunk may end within a character.
  const decoder = new TextDecoder();
  const max = limits.max ?? 16 << 20;
  let rest = '';
  let stopped = false;
  return (chunk) => {
    if (stopped) return;
    rest += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
      if (end > from) onLine(rest.slice(from, end));
      from = end + 1;
    }
    rest = from === 0 ? rest : rest.slice(from);
    if (rest.length > max) {
      stopped = true;
      rest = '';
      limits.onTooLong?.();
    }
  };
}
