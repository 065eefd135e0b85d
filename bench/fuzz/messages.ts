/** The boundaries where lines and messages come in: from the engine's clients, programs, panels, and files of records. */
import type { z } from 'zod';
import { AskTellSession } from '../../src/cli/askTell/session.js';
import { safe, safeLine } from '../../src/cli/text/terminal.js';
import { EngineAddress, Requests } from '../../src/protocol/engine/index.js';
import { HandLease } from '../../src/protocol/run/handStarted.js';
import { lineReader } from '../../src/protocol/values/lines.js';
import { FromPanel } from '../../src/protocol/panel/index.js';
import { RunSpec, SupervisorAddress } from '../../src/protocol/run/runFolder.js';
import { FromSupervisor, ToSupervisor } from '../../src/protocol/run/supervisor.js';
import { cutLines } from '../../src/store/journal/cut.js';
import { parseLine } from '../../src/store/journal/parse.js';
import { salvage } from '../../src/store/journal/salvage.js';
import type { Boundary } from './types.js';

const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8');

/** Refuses text that is not JSON; the schema checks the rest. */
function read(schema: z.ZodType, json: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return false;
  }
  const result = schema.safeParse(value);
  if (!result.success && result.error.issues.length === 0) throw new TypeError('refused without a reason');
  return result.success;
}

const REQUESTS = [
  ['runs/list', { status: ['running'], experiment: 'a', limit: 10, sort: 'createdAt', descending: true }],
  ['runs/start', { file: '/w/a.tune.yaml', params: { lr: 0.1, layers: [1, 2], name: 'x' } }],
  ['runs/stop', { ids: ['0123456789'] }],
  ['series/read', { queries: [{ run: '0123456789', metric: 'loss', points: 500, x: 'step' }] }],
  ['searches/start', { file: '/w/a.tune.yaml', trials: 5, space: { lr: { log: [1e-5, 1] } } }],
  ['initialize', { token: 't', client: 'c', version: '1', protocol: 1 }],
];
const SUPERVISOR = [
  { type: 'hello', token: 't', role: 'client', handles: ['stop'] },
  { type: 'frame', file: 'rank0-1.ndjson', offset: 12, data: '{"step":1,"values":{"loss":1}}\n' },
  { type: 'stop', reason: 'prune', grace: 3 },
  { type: 'set', params: { lr: 0.1 } },
  { type: 'welcome', pid: 1, paused: false },
];
const JOURNAL = [
  '{"type":"start","time":1,"pid":3,"rank":0,"client":"python/0.1.0"}\n{"type":"metrics","time":2,"step":1,"epoch":1,"values":{"loss":NaN,"acc":0.5}}\n',
  '{"type":"params","time":1,"params":{"lr":0.1,"layers":[1,2],"name":"ä"}}\n{"loss":1,"step":2}\n',
  `{"step":1,"values":{"loss":NaN,"${'\\"'.repeat(50)}":Infinity}}\n`,
  '{"type":"media","time":1,"name":"p","path":"media/p.png","mime":"image/png"}\n{"type":"exit","time":1,"code":0,"signal":null,"requested":null}\n\0\0\0',
];
const ASK_TELL = [
  '{"init":{"space":{"lr":{"log":[1e-5,1]},"n":{"int":[1,8]},"o":{"choice":["a","b"]}},"sampler":"random","seed":1,"trials":9}}',
  '{"init":{"space":{"x":{"uniform":[0,1]},"y":{"normal":[0,1],"when":{"x":0.5}}},"sampler":"tpe","pruner":"median"}}',
  '{"ask":{"n":2}}',
  '{"report":{"id":0,"step":1,"value":0.5}}',
  '{"tell":{"id":0,"values":[0.5]}}',
  '{"best":{}}',
];
const SPEC = {
  version: 1,
  search: null,
  trial: null,
  objective: null,
  stopGrace: 3,
  id: '0123456789',
  argv: ['node', 'a.js'],
  cwd: '.',
  env: { A: 'b' },
  params: { lr: 0.1 },
  seed: 1,
  experiment: 'a',
  file: 'a.tune.yaml',
  name: 'a-1',
  createdAt: 1,
};
const ADDRESSES = [
  {
    pid: 1,
    socket: '/run/x.sock',
    token: 'abcdef',
    protocol: 1,
    version: '0.1.0',
    startedAt: 1,
    host: { name: 'h', bootId: 'b', pidNamespace: 'n' },
  },
];
const PANEL = [
  { type: 'ready' },
  { type: 'request', id: 1, method: 'runs/list', params: { limit: 10 } },
  { type: 'checkForm', id: 2, file: '/w/a', params: { lr: 1 }, space: { lr: '{ log: [1, 2] }' } },
  { type: 'state', state: { version: 1, experiment: null, file: null, selected: ['0123456789'], view: { zoom: {} } } },
];
const json = (values: unknown[]): string[] => values.map((value) => JSON.stringify(value));

let session = new AskTellSession();
let asked = 0;

export const MESSAGES: Boundary[] = [
  {
    name: 'requests to the engine',
    samples: () => json(REQUESTS),
    take(input) {
      let value: unknown;
      try {
        value = JSON.parse(text(input));
      } catch {
        return false;
      }
      const [method, params] = Array.isArray(value) ? (value as unknown[]) : [];
      if (typeof method !== 'string' || !Object.hasOwn(Requests, method)) return false;
      return Requests[method as keyof typeof Requests].params.safeParse(params).success;
    },
  },
  {
    name: 'lines of the supervisor',
    samples: () => SUPERVISOR.map((each) => `${JSON.stringify(each)}\n`),
    take(input) {
      let accepted = false;
      const reader = lineReader(
        (line) => (accepted = read(ToSupervisor, line) || read(FromSupervisor, line) || accepted),
      );
      const middle = input.length >> 1;
      reader(input.subarray(0, middle));
      reader(input.subarray(middle));
      return accepted;
    },
  },
  {
    name: 'records of a journal',
    samples: () => JOURNAL,
    take(input) {
      let accepted = false;
      const line = (each: string) => {
        for (const { text: part } of salvage(each, JSON.parse)) JSON.parse(part);
        const { kind } = parseLine(each, 1);
        accepted ||= kind === 'metrics' || kind === 'record';
      };
      for (const final of [false, true]) {
        const { taken } = cutLines(Buffer.from(input), { line, skipped: () => undefined }, final);
        if (!(taken >= 0 && taken <= input.length))
          throw new RangeError(`${taken} of ${input.length} bytes were taken`);
      }
      return accepted;
    },
  },
  {
    name: 'lines of ask-tell',
    samples: () => ASK_TELL,
    take(input) {
      // One session lives through many lines, as in a program.
      if (asked++ % 50 === 0) {
        session = new AskTellSession();
        session.answer(ASK_TELL[0]!);
      }
      const answer = session.answer(text(input)) as Record<string, unknown>;
      JSON.stringify(answer);
      return !Object.hasOwn(answer, 'error');
    },
    bounds: { milliseconds: 5000 },
  },
  { name: 'run.json', samples: () => json([SPEC]), take: (input) => read(RunSpec, text(input)) },
  {
    name: 'engine.json, supervisor.json and leases',
    samples: () => json(ADDRESSES),
    take: (input) =>
      [EngineAddress, SupervisorAddress, HandLease].map((schema) => read(schema, text(input))).includes(true),
  },
  { name: 'messages of the panel', samples: () => json(PANEL), take: (input) => read(FromPanel, text(input)) },
  {
    name: 'texts for the terminal',
    samples: () => ['loss 0.5', 'epoch 1/3\rname\u001b[31m', 'größe\u202eabc'],
    take(input) {
      const shown = safe(text(input)) + safeLine(text(input));
      // Escape sequences, backspaces, and marks that turn text round.
      if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(shown)) {
        throw new TypeError('something that drives a terminal came through');
      }
      return true;
    },
  },
];
