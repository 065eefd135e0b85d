/** The supervisor's own checks accept what the schemas accept, and nothing else. */
import { describe, expect, it } from 'vitest';
import { Assign, Control, Frame, Hello } from '../../../../src/protocol/run/supervisor.js';
import { NextRun } from '../../../../src/protocol/run/supervisorTurns.js';
import { isAssign, isControl, isFrame, isHello, isNextRun } from '../../../../src/protocol/run/supervisorChecks.js';

const VALUES = [
  ...[undefined, null, true, '', 'stop', 'set', 'kill', 'client', 'engine', 'a.ndjson', '../a.ndjson', 'a b.ndjson'],
  ...[0, -1, 1.5, 7, 2 ** 53, 1e300, [], ['stop'], ['stop', 'set'], ['run'], [null, true], [[1]], {}, { a: 1 }],
  ...[{ a: [1, [true, null, 'x']] }, { a: { b: 1 } }, { a: true }, { a: [true, null, { b: true }] }, { a: false }],
];
const MESSAGES: [name: string, base: Record<string, unknown>][] = [
  ['hello', { type: 'hello', token: 't', role: 'client', handles: ['stop'] }],
  ['frame', { type: 'frame', file: 'rank-0.ndjson', offset: 12, data: '{}\n' }],
  ['stop', { type: 'stop', reason: 'prune', grace: 2 }],
  ['pause', { type: 'pause' }],
  ['resume', { type: 'resume' }],
  ['assign', { type: 'assign', folder: '/w/.tunesmith/runs/b', hash: 'abc' }],
  ['next', { type: 'next', folder: '/w', hash: 'abc', environment: '', placement: { CUDA_VISIBLE_DEVICES: '0' } }],
  ['set', { type: 'set', params: { lr: 1, layers: [64, [1]] }, floats: { lr: true } }],
];

describe.each(MESSAGES)('a message like %s', (name, base) => {
  const agrees = (message: Record<string, unknown>) => {
    // As it comes off the wire.
    const read = JSON.parse(JSON.stringify(message)) as Record<string, unknown>;
    expect(isHello(read), `hello ${JSON.stringify(read)}`).toBe(Hello.safeParse(read).success);
    expect(isFrame(read), `frame ${JSON.stringify(read)}`).toBe(Frame.safeParse(read).success);
    expect(isControl(read), `control ${JSON.stringify(read)}`).toBe(Control.safeParse(read).success);
    expect(isAssign(read), `assign ${JSON.stringify(read)}`).toBe(Assign.safeParse(read).success);
    expect(isNextRun(read), `next ${JSON.stringify(read)}`).toBe(NextRun.safeParse(read).success);
    return isHello(read) || isFrame(read) || isControl(read) || isAssign(read) || isNextRun(read);
  };

  it('is accepted', () => expect(agrees(base)).toBe(true));

  it('gets the same answer from both, whichever part is missing or has another value', () => {
    for (const key of [...Object.keys(base), 'extra']) {
      for (const value of VALUES) agrees({ ...base, [key]: value });
    }
    for (const type of ['hello', 'frame', 'stop', 'pause', 'resume', 'set', 'assign', 'exited', name, 5])
      agrees({ ...base, type });
  });
});
