/**
 * Our sampler behind the same protocol as `tunesmith ask-tell`, with the time spent in each request as `ms`, and one
 * more request: `{"heap":{}}` gives the bytes that are kept after garbage was collected (node --expose-gc).
 */
import { linesOf, TOO_LONG } from '../../src/cli/askTell/lines.js';
import { AskTellSession } from '../../src/cli/askTell/session.js';

async function main(): Promise<void> {
  const session = new AskTellSession();
  for await (const line of linesOf(process.stdin, 1 << 28)) {
    if (line === TOO_LONG) continue;
    if (line === '{"heap":{}}') {
      process.stdout.write(`${JSON.stringify({ bytes: keptBytes(), ms: 0 })}\n`);
      continue;
    }
    const began = performance.now();
    const answer = session.answer(line);
    process.stdout.write(`${JSON.stringify({ ...answer, ms: performance.now() - began })}\n`);
  }
}

/** Returns the bytes of objects and of typed arrays that are kept. */
function keptBytes(): number {
  if (!globalThis.gc) throw new Error('node is to be started with --expose-gc');
  // A second collection frees what the first one left to finalizers.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

void main();
