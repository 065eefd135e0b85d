/** The protocol of `tunesmith ask-tell`, and that no input can break it. */
import { PassThrough, Readable, Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { serve } from '../../../src/cli/askTell/index.js';
import { linesOf, TOO_LONG } from '../../../src/cli/askTell/lines.js';
import { AskTellSession } from '../../../src/cli/askTell/session.js';
import { createRandom } from '../../../src/search/index.js';

type Body = Record<string, unknown>;
let session: AskTellSession;
const send = (request: unknown): Body => {
  // As on the wire: what JSON does to an answer is part of it.
  return JSON.parse(JSON.stringify(session.answer(JSON.stringify(request)))) as Body;
};
const SPACE = {
  lr: { log: [1e-5, 1e-1] },
  optimizer: { choice: ['adam', 'sgd'] },
  momentum: { uniform: [0, 0.99], when: { optimizer: 'sgd' } },
};
const ask = (n = 1) => (send({ ask: { n } }) as { trials: { id: number; params: Body }[] }).trials;
const tell = (id: number, value: number) => send({ tell: { id, values: [value] } });
const loss = ({ lr }: Body) => (Math.log10(lr as number) + 3) ** 2;

beforeEach(() => {
  session = new AskTellSession();
});

describe('ask-tell', () => {
  it('drives a search from the first request to the best trial', () => {
    expect(send({ init: { space: SPACE, sampler: 'tpe', seed: 1, trials: 40, workers: 2 } })).toEqual({ ok: true });
    for (let i = 0; i < 20; i++)
      for (const { id, params } of ask(2)) expect(tell(id, loss(params))).toEqual({ ok: true });
    expect(send({ ask: {} })).toEqual({ trials: [], done: true });
    const { trials } = send({ best: {} }) as { trials: { id: number; params: Body; values: number[] }[] };
    expect(trials).toHaveLength(1);
    expect(trials[0]!.values[0]).toBeLessThan(0.2);
    expect(loss(trials[0]!.params)).toBe(trials[0]!.values[0]);
    const { importance } = send({ importance: {} }) as { importance: Record<string, number> };
    expect(importance.lr).toBeGreaterThan(0.5);
    expect(Object.values(importance).reduce((sum, share) => sum + share)).toBeCloseTo(1);
    expect(send({ status: {} })).toMatchObject({ trials: { completed: 40, running: 0 }, planned: 40 });
  });

  it('suggests only parameters that the conditions allow, the same under the same seed', () => {
    const all: unknown[][] = [];
    for (let i = 0; i < 2; i++) {
      send({ init: { space: SPACE, sampler: 'random', seed: 5 } });
      all.push(ask(30));
    }
    expect(all[0]).toEqual(all[1]);
    for (const { params } of all[0] as { params: Body }[]) {
      expect('momentum' in params).toBe(params.optimizer === 'sgd');
    }
  });

  it('prunes after reports', () => {
    send({ init: { space: SPACE, sampler: 'random', pruner: 'median', seed: 1 } });
    for (const { id } of ask(6)) {
      for (let step = 1; step <= 20; step++) expect(send({ report: { id, step, value: 1 } })).toEqual({ prune: false });
      tell(id, 1);
    }
    const id = ask()[0]!.id;
    const answers = Array.from({ length: 20 }, (_, i) => send({ report: { id, step: i + 1, value: 100 } }).prune);
    expect(answers).toContain(true);
    expect(send({ tell: { id, state: 'pruned' } })).toEqual({ ok: true });
    expect(send({ status: {} })).toMatchObject({ trials: { pruned: 1, completed: 6 } });
  });

  it('accepts NaN and infinities', () => {
    send({ init: { space: SPACE, sampler: 'random' } });
    ask(5);
    expect(send({ report: { id: 0, step: 1, value: null } })).toEqual({ prune: false });
    expect(send({ report: { id: 0, step: 2, value: 'NaN' } })).toEqual({ prune: false });
    expect(send({ tell: { id: 0, values: ['NaN'] } })).toEqual({ ok: true });
    expect(send({ tell: { id: 1, values: [null] } })).toEqual({ ok: true });
    expect(send({ tell: { id: 2, values: ['Infinity'] } })).toEqual({ ok: true });
    expect(send({ tell: { id: 3, state: 'failed', seconds: 1.5 } })).toEqual({ ok: true });
    expect(send({ status: {} })).toMatchObject({ trials: { failed: 3, completed: 1, running: 1 } });
    expect(send({ best: {} })).toMatchObject({ trials: [{ id: 2, values: ['Infinity'] }] });
  });

  it('gives enqueued params first, and the front of several objectives', () => {
    send({ init: { space: { x: { uniform: [0, 1] } }, directions: ['minimize', 'maximize'], sampler: 'random' } });
    expect(send({ enqueue: { params: { x: 0.25 } } })).toEqual({ ok: true });
    const trials = ask(3);
    expect(trials[0]!.params).toEqual({ x: 0.25 });
    for (const [id, values] of [
      [1, 2],
      [2, 1],
      [3, 4],
    ].entries())
      send({ tell: { id, values } });
    const best = send({ best: {} }) as { trials: { id: number }[] };
    expect(best.trials.map(({ id }) => id).sort()).toEqual([0, 2]);
  });

  it('resumes from its saved state as if nothing had happened', () => {
    const run = (restoredAt: number): unknown[] => {
      session = new AskTellSession();
      send({ init: { space: SPACE, sampler: 'tpe', seed: 3, trials: 40 } });
      const seen: unknown[] = [];
      for (let i = 0; i < 40; i++) {
        if (i === restoredAt) {
          const { saved } = send({ save: {} });
          session = new AskTellSession();
          expect(send({ init: { saved } })).toEqual({ ok: true });
        }
        const [trial] = ask();
        seen.push(trial);
        // One trial stays running over the restart.
        if (i !== 19) tell(trial!.id, loss(trial!.params));
      }
      return seen;
    };
    expect(run(20)).toEqual(run(-1));
  });

  it('obeys constraints, and explains an invalid one', () => {
    const space = { a: { uniform: [0, 10] }, b: { int: [0, 10] }, c: { choice: ['x', 'y'] } };
    const init = (...constraints: string[]) => send({ init: { space, constraints, sampler: 'random', seed: 1 } });
    expect(init('a + 2 * b <= 8', 'a >= 1')).toEqual({ ok: true });
    for (const { params } of ask(50) as unknown as { params: { a: number; b: number } }[]) {
      expect(params.a + 2 * params.b).toBeLessThanOrEqual(8);
      expect(params.a).toBeGreaterThanOrEqual(1);
    }
    expect(init('a + bb <= 8').error).toMatch(/"a \+ bb <= 8".*"bb"/);
    expect(init('c <= 1').error).toMatch(/"c"/);
    expect(init('a >= 11').error).toMatch(/./);
    expect(send({ widen: { space: { a: { uniform: [0, 5] } }, constraints: ['a <= 2'] } })).toEqual({ ok: true });
    for (const { params } of ask(10)) expect(params.a).toBeLessThanOrEqual(2);
  });

  it('imports earlier trials and changes the space', () => {
    send({ init: { space: SPACE, sampler: 'tpe', seed: 1 } });
    const trials = Array.from({ length: 20 }, (_, i) => ({
      params: { lr: 10 ** (-5 + i / 5), optimizer: 'adam' },
      values: [i],
    }));
    expect(send({ import: { trials } })).toEqual({ ok: true });
    expect(ask(2)).toHaveLength(2);
    expect(send({ widen: { space: { ...SPACE, lr: { log: [1e-6, 1] } } } })).toEqual({ ok: true });
    expect(ask(2)).toHaveLength(2);
    expect(send({ import: { trials: [{ params: {}, values: [1, 2] }] } }).error).toMatch(/1 values/);
  });
});

describe('a bad line', () => {
  const cases: [string, unknown, RegExp][] = [
    ['request not there', { aks: {} }, /unknown request "aks"; did you mean "ask"/],
    ['two requests', { ask: {}, best: {} }, /one request/],
    ['none', {}, /one request/],
    ['a list', [], /a request is an object/],
    ['a body that is no object', { ask: 3 }, /"ask" must be an object/],
    ['an unknown key', { tell: { id: 0, vlues: [1] } }, /unknown key "vlues"; did you mean "values"/],
    ['a wrong type', { ask: { n: 'x' } }, /n must be a whole number/],
    ['a missing key', { report: { id: 0, step: 1 } }, /value/],
    ['too much at once', { ask: { n: 1e9 } }, /at most/],
    ['a trial that is not there', { tell: { id: 77, values: [1] } }, /no trial 77/],
    ['a report of one that is not there', { report: { id: 77, step: 1, value: 1 } }, /no trial 77/],
    ['too many values', { tell: { id: 0, values: [1, 2] } }, /1 value is needed, not 2/],
    ['too many values and constraints', { tell: { id: 0, values: [1, 2], constraints: [1], seconds: 3 } }, /1 value/],
    ['neither values nor state', { tell: { id: 0 } }, /give "values"/],
    ['values of a failed trial', { tell: { id: 0, values: [1], state: 'failed' } }, /failed has no values/],
    ['a state that is not there', { tell: { id: 0, state: 'done' } }, /state must be/],
    ['text for a number', { tell: { id: 0, values: ['1'] } }, /number/],
    ['params out of range', { enqueue: { params: { lr: 7 } } }, /"lr"/],
    ['params not searched', { enqueue: { params: { rl: 0.01 } } }, /"rl" is not in the search space/],
    ['a sampler not there', { init: { space: SPACE, sampler: 'tep' } }, /unknown sampler "tep"; did you mean "tpe"/],
    ['a range with a mistake', { init: { space: { x: { uniform: [1, 0] } } } }, /space\.x/],
    ['a word too much', { init: { space: { x: { unifrom: [0, 1] } } } }, /did you mean "uniform"/],
    ['an empty space', { init: { space: {} } }, /empty/],
    ['a direction', { init: { space: SPACE, directions: ['min'] } }, /minimize/],
    ['a saved search of nobody', { init: { saved: { version: 1 } } }, /can't be read/],
    ['saved with more', { init: { saved: {}, seed: 1 } }, /leave out "seed"/],
    ['an objective not there', { importance: { objective: 3 } }, /no objective 3/],
  ];
  it.each(cases)('%s: explains the error and changes nothing', (_, request, message) => {
    send({ init: { space: SPACE, sampler: 'tpe', seed: 1, trials: 30 } });
    ask(2);
    const before = send({ save: {} });
    expect(send(request).error).toMatch(message);
    expect(send({ save: {} })).toEqual(before);
  });

  it('may name a parameter as every object’s prototype is named', () => {
    send(JSON.parse('{"init":{"space":{"__proto__":{"uniform":[0,1]}},"sampler":"random","seed":1}}'));
    const [{ params }] = send({ ask: {} }).trials as [{ params: Record<string, unknown> }];
    expect(Object.entries(params)).toEqual([['__proto__', expect.any(Number)]]);
  });

  it('differs from the state of a search that has not begun', () => {
    for (const request of [{ ask: {} }, { best: {} }, { save: {} }, { tell: { id: 0, values: [1] } }]) {
      expect(send(request).error).toMatch(/no search yet/);
    }
  });

  it('of any bytes is answered with an error, and the search continues', () => {
    send({ init: { space: SPACE, sampler: 'random', seed: 1 } });
    ask(3);
    const before = send({ save: {} });
    const random = createRandom(99);
    const good = [
      '{"ask":{"n":2}}',
      '{"tell":{"id":0,"values":[1]}}',
      '{"report":{"id":1,"step":1,"value":2}}',
      '{"init":{"space":{"x":1}}}',
    ];
    const alphabet = '{}[]",:0123456789eE.-+truefalsnulNaI\\u0000idparmsvx \u0000\ufffd\ud800é';
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      let line: string;
      if (i % 2)
        line = Array.from({ length: 1 + random.int(60) }, () => alphabet[random.int(alphabet.length)]).join('');
      else {
        // A good line with a few characters lost, doubled or changed.
        line = good[random.int(good.length)]!;
        for (let k = 0; k <= random.int(3); k++) {
          const at = random.int(line.length);
          line = line.slice(0, at) + alphabet[random.int(alphabet.length)] + line.slice(at + random.int(3));
        }
      }
      const copy = new AskTellSession();
      copy.answer(JSON.stringify({ init: { saved: before.saved } }));
      const answer = copy.answer(line) as Body;
      expect(typeof answer).toBe('object');
      if (!('error' in answer)) continue;
      refused++;
      if (i % 20 === 0) expect(JSON.parse(JSON.stringify(copy.answer('{"save":{}}')))).toEqual(before);
    }
    expect(refused).toBeGreaterThan(2000);
  });

  it('nested without end, or endless, is refused', () => {
    for (const open of ['[', '{"a":', '{"init":{"space":{"x":{"choice":[']) {
      expect(session.answer(open.repeat(100_000))).toEqual({ error: 'more than 64 levels of nesting' });
    }
    expect(session.answer(`{"ask":"${'['.repeat(200)}"}`)).toMatchObject({
      error: expect.stringContaining('"ask"') as string,
    });
  });
});

describe('lines', () => {
  const read = async (chunks: (string | Buffer)[], longest = 100) => {
    const lines: string[] = [];
    const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
    for await (const line of linesOf(stream, longest)) lines.push(line === TOO_LONG ? '<too long>' : line);
    return lines;
  };

  it('end with LF, CRLF or the input', async () => {
    expect(await read(['a\nb\r\n\n  \r\nc'])).toEqual(['a', 'b', 'c']);
  });

  it('are the same however they are cut', async () => {
    const bytes = Buffer.from('{"é":"数"}\r\n{"🙂":1}\n');
    for (let size = 1; size < 6; size++) {
      const chunks = [];
      for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.subarray(i, i + size));
      expect(await read(chunks)).toEqual(['{"é":"数"}', '{"🙂":1}']);
    }
  });

  it('that are too long are dropped, and the next is read', async () => {
    const long = 'x'.repeat(70);
    expect(await read([`${long}${long}\nok\n`, long, long, long, '\n', 'fine'])).toEqual([
      '<too long>',
      'ok',
      '<too long>',
      'fine',
    ]);
  });
});

describe('serving', () => {
  it('answers each line in order', async () => {
    const requests = Readable.from([
      Buffer.from('{"init":{"space":{"x":{"uniform":[0,1]}}}}\nnonsense\n{"ask":{}}\r\n{"best":{}}'),
    ]);
    const answers = new PassThrough();
    await serve(requests, answers);
    const lines = String(answers.read())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Body);
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(['ok', 'error', 'trials', 'trials']);
  });

  it('reads no further while nobody takes the answers', async () => {
    let produced = 0;
    const requests = Readable.from(
      (function* () {
        for (; produced < 5000; produced++) yield Buffer.from('{"ask":{}}\n');
      })(),
      { highWaterMark: 1 },
    );
    const held: (() => void)[] = [];
    let written = 0;
    const answers = new Writable({
      highWaterMark: 64,
      write: (_chunk, _encoding, done) => void (written++, held.push(done)),
    });
    const served = serve(requests, answers);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(produced).toBeLessThan(50);
    while (produced < 5000 || written < 5000) {
      held.splice(0).forEach((done) => done());
      await new Promise((resolve) => setImmediate(resolve));
    }
    held.splice(0).forEach((done) => done());
    await served;
    expect(written).toBe(5000);
  });
});
