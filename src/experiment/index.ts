/** The experiment file: reading, checking, planning runs, editing in place. Knows neither editor nor engine. */
import type { FileForm, FormProblems } from '../protocol/panel.js';
import type { Params } from '../protocol/values.js';
import type { Space } from '../search/types.js';
import type { Experiment, FileLenses, ParsedExperiment, PlanContext, RunPlan, TextEdit } from './types.js';

export type * from './types.js';
export declare function parseExperiment(text: string, file: string): ParsedExperiment;
export declare function planRun(experiment: Experiment, params: Params, ctx: PlanContext): RunPlan;
/** Throws SpaceError; a parsed experiment's own space is always sound. */
export declare function toSpace(experiment: Experiment, written?: Record<string, unknown>): Space;
export declare function editExperiment(
  text: string,
  change: { params?: Params; space?: Record<string, string>; trials?: number },
  file?: string,
): { text: string; edits: TextEdit[] };
export declare function lenses(text: string): FileLenses;
export declare function formOf(text: string, file: string): FileForm;
export declare function checkForm(
  text: string,
  file: string,
  params: Params,
  space?: Record<string, string>,
): FormProblems;
export declare function jsonSchema(): Record<string, unknown>;
export declare function isExperimentFile(file: string): boolean;
