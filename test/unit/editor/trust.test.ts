/** The person's word for what came with a folder: asked for once, with the very command, for one run at a time. */
import { expect, it } from 'vitest';
import { NotTrustedError, withTrust, type Question } from '../../../src/editor/link/trust.js';
import { EngineError } from '../../../src/engine/clients/index.js';
import { ErrorCode, type RequestName } from '../../../src/protocol/engine/index.js';

type Sent = { name: string; params: { id?: string; ids?: string[]; trust?: boolean } };

/** An engine that has been asked for none of `foreign`. */
function engine(foreign: string[]) {
  const sent: Sent[] = [];
  const ask = (name: RequestName, params: unknown) => {
    const { id, ids = [id!], trust } = params as Sent['params'];
    sent.push({ name, params: params as Sent['params'] });
    const first = ids.find((each) => foreign.includes(each));
    const command = `python evil-${first}.py --x "a\u202e\u001b[2J\nb"`;
    const data = {
      kind: name.startsWith('runs/') ? 'run' : 'search',
      name: `run\n${first}`,
      command,
      folder: `/work/${first}`,
    };
    if (first !== undefined && !trust)
      return Promise.reject(new EngineError('refused', 'It came with its folder.', ErrorCode.foreign, [], data));
    return Promise.resolve({ done: ids, skipped: [] });
  };
  return { sent, ask: ask as never };
}

it.each(['runs/rerun', 'searches/resume', 'searches/retry'] as const)('%s is repeated with the word', async (name) => {
  const { sent, ask } = engine(['a']);
  const questions: Question[] = [];
  await withTrust(ask, name, { id: 'a' }, (question) => Promise.resolve(questions.push(question) > 0));
  expect(sent.map(({ params }) => params)).toEqual([{ id: 'a' }, { id: 'a', trust: true }]);
  const [{ message, detail, yes }] = questions as [Question];
  expect(yes).toBe('Run It Here');
  expect(message).toContain('run\\na');
  expect(detail).toBe('Command: python evil-a.py --x "a\\u202e\\u001b[2J\\nb"\n\nFolder: /work/a');
});

it('nothing is sent again if the person declines, and nothing is asked for our own runs', async () => {
  const { sent, ask } = engine(['a']);
  const no = withTrust(ask, 'runs/rerun', { id: 'a' }, () => Promise.resolve(false));
  await expect(no).rejects.toBeInstanceOf(NotTrustedError);
  const never = () => Promise.reject(new Error('asked'));
  await withTrust(ask, 'runs/rerun', { id: 'mine' }, never);
  expect(sent.map(({ params }) => params)).toEqual([{ id: 'a' }, { id: 'mine' }]);
});

it('of several runs each is asked for with its own command, and a no concerns that one alone', async () => {
  const { ask } = engine(['a', 'b']);
  const asked: string[] = [];
  const answer = await withTrust(ask, 'runs/resume', { ids: ['a', 'mine', 'b'] }, ({ detail }) => {
    asked.push(detail);
    return Promise.resolve(detail.includes('evil-b'));
  });
  expect(asked.map((detail) => /evil-\w/.exec(detail)?.[0])).toEqual(['evil-a', 'evil-b']);
  expect(answer).toMatchObject({ done: ['mine', 'b'], skipped: [{ id: 'a' }] });
});

it('other errors pass unchanged', async () => {
  const error = new EngineError('refused', 'It is running.', ErrorCode.conflict);
  const refused = withTrust((() => Promise.reject(error)) as never, 'runs/rerun', { id: 'a' }, () =>
    Promise.resolve(true),
  );
  await expect(refused).rejects.toBe(error);
});
