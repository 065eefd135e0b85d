/** Tools for agents: declared and implemented once, offered by the editor and by `tunesmith mcp`. Knows neither. */
import { z } from 'zod';
import { startRun, startSearch } from './acting/start.js';
import { setAlert } from './acting/alert.js';
import { branchRun, rerunRun } from './acting/again.js';
import { pauseWork, resumeWork, setParams, stopWork, tagRuns, tryValues, writeNote } from './acting/steer.js';
import { writeValues } from './acting/write.js';
import type { Bench, Call } from './bench.js';
import { permit, type Host } from './permission.js';
import { ToolError } from './bench.js';
import type { ToolName } from './names.js';
import { compareRuns } from './reading/compare.js';
import { checkFile, readLog, readMetric, showRun, showSearch } from './reading/details.js';
import { explainSearch, recommendValues } from './reading/insight.js';
import { listDevices, listExperiments, listRuns, listSearches } from './reading/lists.js';
import { waitFor } from './reading/wait.js';
import type { Tool } from './tool.js';

export { questionOf, type Act } from './act.js';
export { isCovered, type Host } from './permission.js';
export { ToolError, type Bench, type BenchFolder, type Call } from './bench.js';
export { inputSchema, type ActingTool, type ReadingTool, type Tool } from './tool.js';

export const TOOLS: readonly Tool[] = [
  listExperiments,
  listRuns,
  showRun,
  listSearches,
  showSearch,
  readMetric,
  readLog,
  checkFile,
  compareRuns,
  explainSearch,
  recommendValues,
  waitFor,
  listDevices,
  startRun,
  startSearch,
  rerunRun,
  branchRun,
  tryValues,
  stopWork,
  pauseWork,
  resumeWork,
  setParams,
  writeValues,
  writeNote,
  tagRuns,
  setAlert,
];

export function toolNamed(name: string): Tool {
  const tool = TOOLS.find((each) => each.name === (name as ToolName));
  if (tool) return tool;
  throw new ToolError(`There is no tool ${name}. There are: ${TOOLS.map((each) => each.name).join(', ')}.`);
}

/** Validates the input of the tool and fills in defaults. Throws a ToolError that names the problem. */
export function readInput(tool: Tool, raw: unknown): unknown {
  const parsed = tool.input.safeParse(raw ?? {});
  if (parsed.success) return parsed.data;
  throw new ToolError(`${tool.name}: ${z.prettifyError(parsed.error)}`);
}

/** Answers one call: reads, or acts if the person or a budget allows it. */
export async function callTool(tool: Tool, raw: unknown, bench: Bench, host: Host, call: Call): Promise<object> {
  const input = readInput(tool, raw);
  if (!tool.acts) return tool.read(input, bench, call);
  const act = await tool.plan(input, bench);
  const consent = await permit(act, host);
  return act.perform({ agent: host.agent, consent });
}
