import { describe, expect, it } from 'vitest';
import { forgetAll } from '../../../../src/engine/executors/forgetting.js';
import { HostError } from '../../../../src/engine/executors/ssh/connection.js';

/** Runs on a host that answers each request by `answer`, and the requests that it has got. */
function on(host: string, ids: readonly string[], answer: (id: string) => Promise<void>) {
  const asked: string[] = [];
  const runs = ids.map((id) => ({
    id,
    host,
    place: host,
    forget: () => {
      asked.push(id);
      return answer(id);
    },
  }));
  return { runs, asked };
}

describe('erasing runs of SSH hosts', () => {
  it('waits once for each silent host, for all of them at the same time, and says what stays', async () => {
    const silent = () => new Promise<void>(() => undefined);
    const [a, b] = [on('a', ['1', '2', '3'], silent), on('b', ['4', '5'], silent)];
    const good = on('good', ['6', '7'], () => Promise.resolve());
    const left = await forgetAll([...a.runs, ...good.runs, ...b.runs], 50);
    expect([a.asked, b.asked, good.asked]).toEqual([['1'], ['4'], ['6', '7']]);
    expect(left.map(({ id, host }) => `${host}${id}`)).toEqual(['a1', 'a2', 'a3', 'b4', 'b5']);
    expect(left[0]!.why).toBe('a does not answer');
  });

  it('asks a host that refuses one run about the others', async () => {
    const refusing = on('a', ['1', '2', '3'], (id) =>
      id === '2' ? Promise.reject(new HostError('it works there')) : Promise.resolve(),
    );
    expect(await forgetAll(refusing.runs)).toEqual([{ id: '2', host: 'a', why: 'it works there' }]);
    expect(refusing.asked).toEqual(['1', '2', '3']);
  });

  it('asks a host no more when its connection is lost', async () => {
    const lost = on('a', ['1', '2'], () => Promise.reject(new Error('Connection refused')));
    expect((await forgetAll(lost.runs)).map(({ id, why }) => [id, why])).toEqual([
      ['1', 'Connection refused'],
      ['2', 'Connection refused'],
    ]);
    expect(lost.asked).toEqual(['1']);
  });
});
