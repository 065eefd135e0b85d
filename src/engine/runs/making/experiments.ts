/** Turns an experiment file into something that can be started. */
import * as fs from 'node:fs/promises';
import {
  parseExperiment,
  planRun,
  type Experiment,
  type PlanContext,
  type RunPlan,
} from '../../../experiment/index.js';
import { ErrorCode, type FileProblem } from '../../../protocol/engine/index.js';
import type { Params } from '../../../protocol/values/index.js';
import type { StoreApi } from '../../../store/api.js';
import { invalidFile, RequestError } from '../../server/requestError.js';
import { l10n } from '../../../format/l10n.js';

/** Larger files are not experiment files. */
const LARGEST = 4 * 1024 * 1024;

/** Reads and checks the file. Throws a RequestError with its problems. */
export async function loadExperiment(file: string, text: string | undefined): Promise<Experiment> {
  const { experiment, problems } = parseExperiment(text ?? (await readText(file)), file);
  if (!experiment || problems.some((problem) => problem.severity === 'error')) throw invalidFile(problems);
  return experiment;
}

/** Returns the plan for these parameters. Throws RequestError if they don't fit the file. */
export function planOrRefuse(experiment: Experiment, params: Params, ctx: PlanContext): RunPlan {
  const plan = planRun(experiment, params, ctx);
  if (plan.problems.some((problem) => problem.severity === 'error')) throw invalidFile(plan.problems);
  return plan;
}

/** Runs among which the network to start from is chosen. */
export function workspaceRuns({ runs }: Pick<StoreApi, 'runs'>): NonNullable<PlanContext['runs']> {
  return { has: (id) => runs.get(id) !== null, best: (of) => runs.bestCompleted(of) };
}

export function problemText(problems: FileProblem[]): string {
  return invalidFile(problems).message;
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await fs.stat(file);
    if (size > LARGEST) throw new Error(l10n.t('it is larger than 4 MiB'));
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? l10n.t('there is no such file') : message;
    throw new RequestError(ErrorCode.notFound, l10n.t("The experiment file {0} can't be read: {1}.", file, why));
  }
}
