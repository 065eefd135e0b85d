/** Splits a byte stream into lines, regardless of the chunks it arrives in. */

/** Replaces a line that was too long; its text is dropped. */
export const TOO_LONG = Symbol('too long');

/**
 * Reads on only when the last line has been taken, so a slow consumer slows the producer. Empty lines are left out; the
 * last one needs no newline. `longest` is in UTF-16 units.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<string | typeof TOO_LONG> {
  // Streaming, because a chunk may end within a character.
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  let dropped = false;
  const add = (text: string): void => {
    length += text.length;
    if (length > longest) [parts, dropped] = [[], true];
    else parts.push(text);
  };
  const take = (): string | typeof TOO_LONG | null => {
    const line = dropped ? TOO_LONG : parts.join('').trim();
    [parts, length, dropped] = [[], 0, false];
    return line === '' ? null : line;
  };
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      add(text.slice(from, end));
      from = end + 1;
      const line = take();
      if (line !== null) yield line;
    }
    add(text.slice(from));
  }
  add(decoder.decode());
  const last = take();
  if (last !== null) yield last;
}
