/** Requests of `tunesmith auto` to the engine before and after a search. */
import { describe, expect, it } from 'vitest';
import { untilFirst } from '../../../src/automatic/firstNetwork.js';
import { readAuto } from '../../../src/automatic/look.js';
import { refuseRemote } from '../../../src/automatic/places.js';
import { enqueuePortfolio } from '../../../src/automatic/portfolio.js';
import { autoSpace } from '../../../src/experiment/auto/space.js';
import type { Experiment } from '../../../src/experiment/index.js';
import type { EngineConnection } from '../../../src/engine/clients/index.js';
import type { Search } from '../../../src/protocol/engine/index.js';
import type { Params } from '../../../src/protocol/values/index.js';

const NONE = { total: 0, queued: 0, running: 0, completed: 0, pruned: 0, failed: 0, stopped: 0 };
const search = (more: Partial<Search>): Search =>
  ({
    ...{ id: 's1', status: 'running', trials: null, best: null, counts: NONE },
    space: autoSpace({ csv: { file: 'a.csv' } }, null).space,
    ...more,
  }) as Search;

type Engine = Pick<EngineConnection, 'request'>;
/** Keeps what is asked; `refuses` throws as the engine does. */
function engine(refuses: (params: Params) => boolean = () => false) {
  const asked: [string, Record<string, unknown>][] = [];
  const request = (method: string, params: Record<string, unknown>) => {
    if (method === 'searches/enqueue' && refuses(params.params as Params))
      return Promise.reject(new Error('"width" must be between 16 and 64, not 128'));
    asked.push([method, params]);
    return Promise.resolve(search({}));
  };
  return { asked, engine: { request } as unknown as Engine };
}

/** An experiment of a table, with these lines in its `search:`. */
function experiment(more = ''): Experiment {
  const text = `network: { data: { csv: { file: a.csv, target: y } }, auto: 60s }\nsearch:\n  sampler: auto\n${more}`;
  const read = readAuto(text, '/a.tune.yaml');
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join());
  return read.experiment;
}

describe('the networks that are tried first', () => {
  it('are those in the space of the file: others are left out, and the search goes on', async () => {
    const { asked, engine: one } = engine(({ width }) => (width as number) > 64);
    await enqueuePortfolio(one, search({}), experiment());
    expect(asked.map(([, { params }]) => (params as Params).width)).toEqual([64, 32]);
  });

  it('are those that the constraints of the file allow', async () => {
    const widths = async (more: string) => {
      const { asked, engine: one } = engine();
      await enqueuePortfolio(one, search({}), experiment(more));
      return asked.map(([, { params }]) => (params as Params).width);
    };
    expect(await widths('')).toEqual([64, 128, 256, 32]);
    expect(await widths('  constraints: ["width * depth <= 256"]\n')).toEqual([64, 128, 32]);
    expect(await widths("  constraints: [\"not (activation == 'tanh' and optimizer == 'adamw')\"]\n")).toEqual([
      64, 128, 256,
    ]);
  });

  it('are none where the number of networks is given, by the command or the file', async () => {
    const { asked, engine: one } = engine();
    await enqueuePortfolio(one, search({ trials: 3 }), experiment());
    expect(asked).toEqual([]);
    await enqueuePortfolio(one, search({}), experiment());
    expect(asked).toHaveLength(4);
  });
});

describe('a search that ended without a network', () => {
  const end = async (counts: Partial<Search['counts']>) => {
    const { asked, engine: one } = engine();
    const ended = search({ status: 'completed', counts: { ...NONE, ...counts } });
    await untilFirst(one, ended, 10, () => Promise.resolve({ ...ended, best: {} as Search['best'] }));
    return asked.filter(([method]) => method === 'searches/change').map(([, { time }]) => time);
  };

  it('gets more time if there was too little, but not if all networks diverged', async () => {
    expect(await end({ total: 2, stopped: 2 })).toEqual([5]);
    expect(await end({ total: 3, completed: 3 })).toEqual([]);
    expect(await end({ total: 3, failed: 1, stopped: 2 })).toEqual([]);
  });
});

it('a place where the networks stay is refused, whether a person or the file says it', () => {
  const onHost = { cluster: { kind: 'ssh' } } as Parameters<typeof refuseRemote>[1];
  const here = {} as typeof onHost;
  expect(() => refuseRemote('ssh', here)).toThrow(/choose another place/);
  expect(() => refuseRemote(null, onHost)).toThrow(/choose another place/);
  expect(() => refuseRemote('local', onHost)).not.toThrow();
  expect(() => refuseRemote(null, here)).not.toThrow();
});
