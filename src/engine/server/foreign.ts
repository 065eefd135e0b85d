/**
 * Refuses to run again a run that the person has never requested on this machine, because its command comes from the
 * folder.
 */
import * as path from 'node:path';
import type { Experiment, Program } from '../../experiment/index.js';
import type { PipelinePlan } from '../../protocol/run/pipeline.js';
import { ErrorCode, type ForeignRefusal, type Run, type Search } from '../../protocol/engine/index.js';
import type { RunFolders } from '../runs/making/folders.js';
import type { SearchFolders } from '../searches/folders.js';
import { isSearchPlan } from '../searches/plan.js';
import { RequestError } from './requestError.js';
import { l10n } from '../../format/l10n.js';

const ADVICE =
  'Run it only if you trust where the folder comes from: with --trust, or from its experiment file with tunesmith run FILE.';

/** The plan of a run or search that would be started. */
export interface Planned {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Stages of a pipeline, whose commands are what would really run. */
  pipeline?: PipelinePlan | undefined;
}

export function refuseForeignRun(folders: RunFolders, { id, name }: Run, planned: Planned | null): void {
  if (folders.isAsked(id) === 'yes') return;
  const command = planned ? plannedText(planned) : '';
  const said = planned ? ` ${l10n.t('Its command is: {0}; it would run in {1}.', command, planned.cwd)}` : '';
  throw new RequestError(
    ErrorCode.foreign,
    l10n.t('You have not started the run {0} on this machine; it came with its folder.{1} {2}', name, said, ADVICE),
    { kind: 'run', name, command, folder: planned?.cwd ?? '' } satisfies ForeignRefusal,
  );
}

/** `plan`: as the index has it. */
export function refuseForeignSearch(folders: SearchFolders, { id, name }: Search, plan: unknown): void {
  if (folders.isAsked(id) === 'yes') return;
  const { experiment = null } = isSearchPlan(plan) ? plan : {};
  const command = experiment ? searchText(experiment) : '';
  const folder = experiment ? path.resolve(path.dirname(experiment.file), experiment.cwd ?? '.') : '';
  const said = experiment
    ? ` ${l10n.t('The command of its trials is: {0}; they would run in {1}.', command, folder)}`
    : '';
  throw new RequestError(
    ErrorCode.foreign,
    l10n.t('You have not started the search {0} on this machine; it came with its folder.{1} {2}', name, said, ADVICE),
    { kind: 'search', name, command, folder } satisfies ForeignRefusal,
  );
}

/** A stage's program, which its commands say. */
interface StageProgram {
  name: string;
  run?: unknown;
  module?: unknown;
  env?: unknown;
}

function plannedText({ argv, env, pipeline }: Planned): string {
  if (!pipeline) return commandText(argv, env);
  // Each stage has the variables of the file among its own.
  return stagesText(pipeline.stages.map(({ name, text }) => ({ ...(JSON.parse(text) as object), name })));
}

function searchText({ program, env }: Experiment): string {
  if (program.kind !== 'pipeline') return commandText(programText(program), env);
  return stagesText(program.stages.map((stage) => ({ ...stage, name: stage.stage, env: { ...env, ...stage.env } })));
}

function stagesText(stages: readonly StageProgram[]): string {
  const each = stages.map(({ name, run, module, env }) => {
    const argv =
      typeof module === 'string'
        ? ['node', module]
        : run === undefined
          ? [l10n.t('(the built-in trainer)')]
          : [run].flat().map(String);
    const variables = Object.entries(env ?? {}).map(([key, value]) => [key, String(value)] as const);
    return `${commandText([name], {})}: ${commandText(argv, Object.fromEntries(variables))}`;
  });
  return l10n.t('(a pipeline) {0}', each.join('; '));
}

/** Parameters appear in it by their names. */
function programText(program: Exclude<Program, { kind: 'pipeline' }>): readonly string[] {
  if (program.kind === 'run') return program.argv;
  return program.kind === 'module' ? ['node', program.path] : [l10n.t('(the built-in trainer)')];
}

/** Formats a value as a person would type it, quoted as in JSON if it needs quotes. */
function commandText(argv: readonly string[], env: Readonly<Record<string, string>>): string {
  const word = (text: string): string =>
    /^[\w@%+:,./{}()-][\w@%+=:,./{}()-]*$/.test(text) ? text : JSON.stringify(text);
  return [...Object.entries(env).map(([name, value]) => `${name}=${word(value)}`), ...argv.map(word)].join(' ');
}
