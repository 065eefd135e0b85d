/** `acts.ndjson` in the folder of a run or a search: what agents have done to it, a line each. */
import * as path from 'node:path';
import { appendReal, readReal } from '../../files/real.js';
import { AgentAct } from '../../protocol/engine/agents.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';

/** Bytes that are read, at most. */
const LIMIT = 4 * 1024 * 1024;
const LENGTH = 300;

export function appendAct(folder: string, act: AgentAct): void {
  appendReal(path.join(folder, RUN_FILES.acts), `${JSON.stringify(act)}\n`);
}

/** Lines that are none are left out: the folder may come from anywhere. */
export function readActs(folder: string): AgentAct[] {
  let text: string;
  try {
    text = readReal(path.join(folder, RUN_FILES.acts), LIMIT);
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const act = AgentAct.parse(JSON.parse(line));
      return [{ ...act, agent: act.agent.slice(0, LENGTH), what: act.what.slice(0, LENGTH) }];
    } catch {
      return [];
    }
  });
}
