/** An act that a tool is about to do, in terms that a person can agree to. */
import type { AgentRequest, Consent } from '../protocol/engine/agents.js';
import { Requests, type RequestParams, type RequestResult } from '../protocol/engine/index.js';
import type { BenchFolder } from './bench.js';
import { shortName } from './texts.js';

export interface Act {
  folder: BenchFolder;
  /** One sentence without a full stop that says what happens: `Start a search of digits.tune.yaml`. */
  what: string;
  /** Facts on which the person decides, such as `trials: 20`. Names and values come from programs and files. */
  facts: [name: string, value: string][];
  /** Absolute path of the experiment file that it is about; null if none. A budget is given for a file. */
  file: string | null;
  /** Device hours that it is expected to take; null if no earlier trial tells. 0: it takes none. */
  deviceHours: number | null;
  /** True if it changes only a file, or runs and searches that an agent has started; a budget covers only these. */
  isOwn: boolean;
  /** Does it. Called once, and only if that is allowed. */
  perform(as: Doer): Promise<object>;
}

/** Who acts, and on what ground. */
export interface Doer {
  agent: string;
  consent: Consent;
}

/** Has the engine carry out a request, recorded as done by the agent. */
export async function engineAct<N extends AgentRequest>(
  { folder, deviceHours }: Pick<Act, 'folder' | 'deviceHours'>,
  { agent, consent }: Doer,
  request: N,
  params: RequestParams<N>,
): Promise<RequestResult<N>> {
  const { answer } = await folder.request('agents/act', { agent, consent, deviceHours, request, params });
  return Requests[request].result.parse(answer) as RequestResult<N>;
}

/** The question to a person who reads plain text: what happens, and a line for each fact. No fact can fake another line. */
export function questionOf({ what, facts }: Pick<Act, 'what' | 'facts'>, agent: string): string {
  const lines = facts.map(([name, value]) => `${shortName(name)}: ${oneLine(value)}`);
  return [`${shortName(agent)} wants to do this: ${oneLine(what)}.`, ...lines].join('\n');
}

const oneLine = (text: string): string => shortName(text.slice(0, 400));
