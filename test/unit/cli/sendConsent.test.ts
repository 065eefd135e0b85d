/** Nothing is sent to a host without the person's consent: `--yes`, or an answer at a terminal. */
import { afterEach, expect, it, vi } from 'vitest';
import { withSendConsent } from '../../../src/cli/sendConsent.js';
import type { Context } from '../../../src/cli/context.js';
import { EngineError } from '../../../src/engine/clients/index.js';
import { ErrorCode, type SendRefusal } from '../../../src/protocol/engine/index.js';

const REFUSAL: SendRefusal = {
  ...{ host: 'gpu-box', port: 2222, folder: '~/runs', digest: 'abc', count: 2, bytes: 3000, fresh: null },
  files: [
    { path: 'train 数据.py', size: 2000 },
    { path: 'bad\u001b[2Jname', size: 1000 },
  ],
  ...{ leftOut: ['.env'], byGit: false },
};

/** Refuses until it gets the consent, as the engine does. */
function engine() {
  const requests: { send?: string }[] = [];
  const request = (consent: { send?: string }): Promise<string> => {
    requests.push(consent);
    if (consent.send === REFUSAL.digest) return Promise.resolve('started');
    return Promise.reject(new EngineError('refused', 'needs your consent', ErrorCode.send, [], REFUSAL));
  };
  return { requests, request };
}

const said: string[] = [];
const context = { say: (line: string) => void said.push(line) } as unknown as Context;
const isTTY = process.stdin.isTTY;
afterEach(() => {
  said.length = 0;
  process.stdin.isTTY = isTTY;
  vi.restoreAllMocks();
});

it('--yes shows the files and sends exactly these', async () => {
  const { requests, request } = engine();
  expect(await withSendConsent(context, true, request)).toBe('started');
  expect(requests).toEqual([{}, { send: 'abc' }]);
  const text = said.join('\n');
  expect(text).toContain('2 files');
  expect(text).toContain('gpu-box (port 2222), folder ~/runs');
  expect(text).toContain('train 数据.py');
  expect(text).toContain('.env');
  expect(text).not.toContain('\u001b');
});

it('without --yes and without a terminal, nothing is sent, and the way to do it is named', async () => {
  process.stdin.isTTY = false;
  const { requests, request } = engine();
  await expect(withSendConsent(context, false, request)).rejects.toThrow(/Nothing was sent.*--yes/);
  expect(requests).toEqual([{}]);
});

it('--yes is no consent to anything else', async () => {
  const others = [new EngineError('refused', 'without a list', ErrorCode.send), new Error('the engine is gone')];
  for (const error of others) {
    const request = vi.fn(() => Promise.reject(error));
    await expect(withSendConsent(context, true, request)).rejects.toBe(error);
    expect(request).toHaveBeenCalledOnce();
  }
});
