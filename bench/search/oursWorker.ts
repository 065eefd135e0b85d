/** Our sampler behind the same protocol as `tunesmith ask-tell`, with the time spent in each request as `ms`. */
import { linesOf, TOO_LONG } from '../../src/cli/askTellLines.js';
import { AskTellSession } from '../../src/cli/askTellSession.js';

async function main(): Promise<void> {
  const session = new AskTellSession();
  for await (const line of linesOf(process.stdin, 1 << 28)) {
    if (line === TOO_LONG) continue;
    const began = performance.now();
    const answer = session.answer(line);
    process.stdout.write(`${JSON.stringify({ ...answer, ms: performance.now() - began })}\n`);
  }
}

void main();
