/**
 * Refuses to run again a run that the person has never requested on this machine, because its command comes from the
 * folder.
 */
import * as path from 'node:path';
import type { Program } from '../../experiment/index.js';
import { ErrorCode, type ForeignRefusal, type Run, type Search } from '../../protocol/engine.js';
import type { RunFolders } from '../runs/folders.js';
import type { SearchFolders } from '../searches/folders.js';
import { isSearchPlan } from '../searches/plan.js';
import { RequestError } from './requestError.js';

const ADVICE =
  'Run it only if you trust where the folder comes from: with --trust, or from its experiment file with tunesmith run FILE.';

/** The plan of a run or search that would be started. */
export interface Planned {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
}

export function refuseForeignRun(folders: RunFolders, { id, name }: Run, planned: Planned | null): void {
  if (folders.isAsked(id) === 'yes') return;
  const command = planned ? commandText(planned.argv, planned.env) : '';
  const said = planned ? ` Its command is: ${command}; it would run in ${planned.cwd}.` : '';
  throw new RequestError(
    ErrorCode.foreign,
    `You have not started the run ${name} on this machine; it came with its folder.${said} ${ADVICE}`,
    { kind: 'run', name, command, folder: planned?.cwd ?? '' } satisfies ForeignRefusal,
  );
}

/** `plan`: as the index has it. */
export function refuseForeignSearch(folders: SearchFolders, { id, name }: Search, plan: unknown): void {
  if (folders.isAsked(id) === 'yes') return;
  const { experiment = null } = isSearchPlan(plan) ? plan : {};
  const command = experiment ? commandText(programText(experiment.program), experiment.env) : '';
  const folder = experiment ? path.resolve(path.dirname(experiment.file), experiment.cwd ?? '.') : '';
  const said = experiment ? ` The command of its trials is: ${command}; they would run in ${folder}.` : '';
  throw new RequestError(
    ErrorCode.foreign,
    `You have not started the search ${name} on this machine; it came with its folder.${said} ${ADVICE}`,
    { kind: 'search', name, command, folder } satisfies ForeignRefusal,
  );
}

/** Parameters appear in it by their names. */
function programText(program: Program): readonly string[] {
  if (program.kind === 'run') return program.argv;
  if (program.kind === 'pipeline') return [`(a pipeline: ${program.stages.map(({ stage }) => stage).join(', ')})`];
  return program.kind === 'module' ? ['node', program.path] : ['(the built-in trainer)'];
}

/** Formats a value as a person would type it, quoted as in JSON if it needs quotes. */
function commandText(argv: readonly string[], env: Readonly<Record<string, string>>): string {
  const word = (text: string): string =>
    /^[\w@%+:,./{}()-][\w@%+=:,./{}()-]*$/.test(text) ? text : JSON.stringify(text);
  return [...Object.entries(env).map(([name, value]) => `${name}=${word(value)}`), ...argv.map(word)].join(' ');
}
