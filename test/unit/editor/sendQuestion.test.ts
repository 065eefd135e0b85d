/** Consent to send files to another host: the very list is shown, in the editor and in the terminal. */
import { expect, it } from 'vitest';
import { linesOf } from '../../../src/cli/sendConsent.js';
import { NotTrustedError, withTrust, type Question } from '../../../src/editor/link/trust.js';
import { EngineError } from '../../../src/engine/clients/index.js';
import { ErrorCode, type SendRefusal } from '../../../src/protocol/engine/index.js';

const refusal: SendRefusal = {
  ...{ host: 'gpu-box', port: 2222, folder: 'tunesmith', digest: 'abc', bytes: 3_000_000, byGit: false },
  ...{ count: 40, fresh: null, leftOut: ['.env'] },
  files: Array.from({ length: 40 }, (_, i) => ({ path: `a\u202e${i}\nb.py`, size: 1000 * (40 - i) })),
};

function engine(data: SendRefusal) {
  const sent: unknown[] = [];
  const ask = (_: string, params: { send?: string }) => {
    sent.push(params);
    if (params.send === data.digest) return Promise.resolve({ run: {} });
    return Promise.reject(new EngineError('refused', 'Consent.', ErrorCode.send, [], data));
  };
  return { sent, ask: ask as never };
}

it('asks with the list and repeats the request with the consent to that very list', async () => {
  const { sent, ask } = engine(refusal);
  const questions: Question[] = [];
  await withTrust(ask, 'runs/start', { file: 'f' }, (question) => Promise.resolve(questions.push(question) > 0));
  expect(sent).toEqual([{ file: 'f' }, { file: 'f', send: 'abc' }]);
  const [{ message, detail, yes }] = questions as [Question];
  expect(message).toBe('Send 40 files (3 MB) of this folder to gpu-box and run there?');
  expect(yes).toBe('Send and Run');
  expect(detail.split('\n')).toContain('a\\u202e0\\nb.py (40 kB)');
  expect(detail).toContain('… and 28 more');
  expect(detail).toContain('Never sent, because they may hold secrets: .env');
  expect(detail).toContain('is not a git repository');
});

it('sends nothing if the person declines', async () => {
  const { sent, ask } = engine(refusal);
  const no = withTrust(ask, 'searches/start', { file: 'f' }, () => Promise.resolve(false));
  await expect(no).rejects.toBeInstanceOf(NotTrustedError);
  expect(sent).toHaveLength(1);
});

it('the terminal shows where the files go, and no name forges a line', () => {
  const lines = linesOf(refusal);
  expect(lines[0]).toBe('40 files, 3 MB would be sent to gpu-box (port 2222), folder tunesmith:');
  expect(lines.every((line) => !/[\n\u202e]/.test(line))).toBe(true);
  expect(lines).toContain('  … and 10 more');
  expect(linesOf({ ...refusal, fresh: 2, files: refusal.files.slice(0, 2) })[0]).toMatch(/^2 new files would be sent/);
});
