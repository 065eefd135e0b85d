import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { linesOf, TOO_LONG } from './lines.js';
import { AskTellSession } from './session.js';
import type { Command } from '../command.js';

/** A saved search of ten thousand trials with long curves has 64 MB. In UTF-16 units. */
const LONGEST_LINE = 128 << 20;

export const askTell: Command = {
  name: 'ask-tell',
  usage: '< REQUESTS',
  summary: 'Drives a sampler from any language: reads one JSON request per line, writes one answer per line.',
  details:
    'It needs no engine and no workspace, and writes nothing to disk. The requests are described in ' +
    'docs/ask-tell.md. A line that is not a valid request is answered with {"error":"…"} and changes nothing.',
  options: {},
  examples: [
    [`echo '{"init":{"space":{"x":{"uniform":[0,1]}}}}' | tunesmith ask-tell`, 'begin a search; answers {"ok":true}'],
  ],
  args: [0, 0],
  async run() {
    await serve(process.stdin, process.stdout);
    return 0;
  },
};

/** Answers until the requests end. Waits while nobody reads the answers. */
export async function serve(requests: Readable, answers: Writable, longest = LONGEST_LINE): Promise<void> {
  const session = new AskTellSession();
  for await (const line of linesOf(requests, longest)) {
    const answer = line === TOO_LONG ? { error: `a line has at most ${longest} characters` } : session.answer(line);
    if (!answers.write(`${JSON.stringify(answer)}\n`)) await once(answers, 'drain');
  }
}
