/** A stream of messages, each one line of JSON that raw bytes may follow: as many as its `bytes` says. */
import { jsonObject } from '../values/jsonObject.js';

export interface ContentLimits {
  line: number;
  content: number;
}

export function encode(message: Record<string, unknown>, content?: Uint8Array): Buffer {
  const line = Buffer.from(JSON.stringify(content ? { ...message, bytes: content.length } : message) + '\n');
  return content ? Buffer.concat([line, content]) : line;
}

/** Returns a handler for a stream's `data`. `onFault` is called once, for a line or a content that is no message. */
export function contentReader(
  onMessage: (message: Record<string, unknown>, content: Buffer) => void,
  onFault: (why: string) => void,
  limits: ContentLimits,
): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let waiting: { message: Record<string, unknown>; bytes: number } | null = null;
  let failed = false;
  const fail = (why: string): void => {
    failed = true;
    rest = Buffer.alloc(0);
    onFault(why);
  };
  return (chunk) => {
    if (failed) return;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (waiting) {
        if (rest.length < waiting.bytes) return;
        const { message, bytes } = waiting;
        waiting = null;
        const content = rest.subarray(0, bytes);
        rest = rest.subarray(bytes);
        onMessage(message, content);
        continue;
      }
      const end = rest.indexOf(10);
      if (end > limits.line || (end < 0 && rest.length > limits.line)) return fail('a line is too long');
      if (end < 0) return;
      const message = jsonObject(rest.toString('utf8', 0, end));
      rest = rest.subarray(end + 1);
      if (!message) return fail('a line is not a message');
      const bytes = message.bytes ?? 0;
      if (!Number.isInteger(bytes) || (bytes as number) < 0 || (bytes as number) > limits.content)
        return fail('a content is too long');
      waiting = { message, bytes: bytes as number };
    }
  };
}
