/** Lines of a byte stream as bytes, for readers that do not want all of them as text. */

export interface ByteLineOptions {
  /** Longest line in bytes; longer ones are skipped. */
  max: number;
  /** Called once for a line that is too long. */
  onTooLong(): void;
}

/** Returns a handler for a stream's `data`, which calls `onLine` for each whole line, without its newline; empty ones are skipped. */
export function byteLineReader(onLine: (line: Buffer) => void, { max, onTooLong }: ByteLineOptions) {
  /** Begin of a line whose end has not come yet. */
  let begun: Buffer[] = [];
  let length = 0;
  let skips = false;
  return (chunk: Buffer): void => {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const part = chunk.subarray(from, end);
      from = end + 1;
      if (skips) {
        skips = false;
        continue;
      }
      const line = begun.length > 0 ? Buffer.concat([...begun, part]) : part;
      begun = [];
      length = 0;
      if (line.length > max) onTooLong();
      else if (line.length > 0) onLine(line);
    }
    if (skips || from === chunk.length) return;
    begun.push(from === 0 ? chunk : chunk.subarray(from));
    length += chunk.length - from;
    if (length <= max) return;
    begun = [];
    length = 0;
    skips = true;
    onTooLong();
  };
}
