/** Plans the program to start for an experiment and hyperparameters. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { FileProblem } from '../../protocol/engine/index.js';
import { floatsOf, markAt, type FloatMark, type Floats } from '../../protocol/values/floats.js';
import { RUN_ENV } from '../../protocol/run/runFiles.js';
import type { Params } from '../../protocol/values/index.js';
import { sameValue, type Dimension } from '../../search/index.js';
import {
  ARGS_FILE,
  argsJson,
  fillArgument,
  fillVariable,
  MissingValue,
  needsRun,
  putVariables,
  type Values,
} from './fill.js';
import { fillNetwork } from './fillNetwork.js';
import { CopyError, copyName, copyPath, copyText, textsOfCopies } from './configCopies.js';
import { startIn } from './output.js';
import { optionFromValue } from './interpreterOptions.js';
import { hypergradientProblem, normalizeHypergradient, validateNetwork, type Network } from '../network/index.js';
import { tunedBy } from '../search/differentiable.js';
import { compilePipeline } from '../pipeline/compile.js';
import { chooseTrained } from './trained.js';
import { refuseParam } from '../file/paramCheck.js';
import { floatMarkFor } from '../file/paramFloats.js';
import { notPassed } from '../file/received.js';
import { readingOf } from '../file/read.js';
import type { Reading } from '../file/reading.js';
import { Source, type Fault, type Path } from '../file/source.js';
import { readSpace, splitHint } from '../search/space.js';
import { suggest } from '../suggest.js';
import type { Experiment, PlanContext, RunPlan } from '../types.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

/** Every value of `params` is checked, those that differ from the file's own also against the search's ranges. */
export function planRun(experiment: Experiment, params: Params, ctx: PlanContext): RunPlan {
  const env = ctx.env ?? process.env;
  const reading = readingOf(experiment) ?? emptyReading(experiment);
  const problems: FileProblem[] = [];
  const report = (at: Path, fault: Fault, where?: 'key' | 'value') => {
    const { source, origin } = reading;
    problems.push(source.problemAt(source.rangeOf(origin(at), where), fault));
  };
  const { params: merged, floats } = mergeParams(experiment, reading, { params, floats: ctx.floats }, report);
  const values: Values = { params: merged, floats, groups: experiment.groups, facts: factsOf(ctx.run, experiment) };
  const folder = path.dirname(experiment.file);
  const plan: RunPlan = {
    argv: [],
    cwd: path.resolve(folder, experiment.cwd ?? '.'),
    env: {},
    params: merged,
    ...(floats && { floats }),
    problems,
  };
  if (experiment.cwd !== null && !existsSync(plan.cwd))
    report(['cwd'], { message: l10n.t('there is no folder {0}', plan.cwd) });
  const { program } = experiment;
  try {
    switch (program.kind) {
      case 'run':
        planCommand(program.argv, plan, values, env);
        reportOption(program.argv, plan.argv[0]!, (argument) => textsOf(argument, values, env), report);
        plan.argv[0] = isElsewhere(experiment)
          ? remoteInterpreter(plan.argv[0]!, experiment)
          : interpreter(plan.argv[0]!, experiment, folder, ctx.python ?? null, env);
        break;
      case 'module': {
        const file = path.resolve(folder, program.path);
        if (!existsSync(file)) report(['module'], { message: l10n.t('there is no file {0}', file) });
        plan.argv = ['node', path.join(ctx.dist, 'module.cjs'), file];
        break;
      }
      case 'network':
        plan.argv = ['node', path.join(ctx.dist, 'trainer.cjs')];
        planNetwork(program.value, plan, reading, env, report);
        if (plan.network && (ctx.run?.trial ?? null) !== null)
          tuneByGradients(plan.network as Network, experiment, report);
        if (plan.network)
          chooseTrained(plan.network as Network, program.value, { experiment, folder, runs: ctx.runs }, report);
        break;
      case 'pipeline': {
        plan.argv = ['node', path.join(ctx.dist, 'pipeline.cjs')];
        const context = { params: merged, floats, env, python: ctx.python ?? null, report };
        plan.pipeline = { stages: compilePipeline(experiment, program.stages, context) };
      }
    }
  } catch (error) {
    if (!(error instanceof MissingValue)) throw error;
    report([program.kind], missing(error));
  }
  planCopies(experiment, plan, values, report);
  const output = experiment.output !== undefined && ctx.run ? fillVariable(experiment.output, values) : null;
  if (experiment.syncInterval !== undefined) plan.env[RUN_ENV.fsync] = String(experiment.syncInterval);
  for (const [name, text] of Object.entries(experiment.env)) {
    try {
      setEntry(plan.env, name, fillVariable(text, values));
    } catch (error) {
      if (!(error instanceof MissingValue)) throw error;
      report(['env', name], missing(error));
    }
  }
  const texts = [...Object.values(experiment.env), ...textsOfCopies(experiment.files)];
  const passing = { program, env: texts, folder, cwd: plan.cwd };
  const { unlessRead } = notPassed(Object.keys(merged), passing);
  if (unlessRead.length > 0) plan.unpassed = unlessRead;
  if (output !== null) startIn(path.resolve(output), plan);
  return plan;
}

function reportOption(
  template: readonly string[],
  program: string,
  fill: (argument: string) => readonly string[],
  report: (at: Path, fault: Fault) => void,
): void {
  const name = optionFromValue(program, template.slice(1), fill);
  if (name === null) return;
  report(['run'], {
    message: l10n.t('the value of "{0}" begins with "-": {1} would read it as an option', name, program),
    hint: l10n.t('write the name of the program before it, such as: {0} train.py {{1}}', program, name),
  });
}

function textsOf(argument: string, values: Values, env: Record<string, string | undefined>): string[] {
  return fillArgument(argument, values, env).map(({ text, variables }) => putVariables(text, variables, env));
}

/** Returns whether the command or the environment names the run's own folder, id, seed or trial. */
export function namesItsRun({ program, env, files, output }: Experiment): boolean {
  if (output !== undefined || (files && Object.keys(files).length > 0)) return true;
  const texts = [...(program.kind === 'run' ? program.argv : []), ...Object.values(env)];
  return texts.some(needsRun);
}

function factsOf(run: PlanContext['run'], { files = {} }: Experiment): Values['facts'] {
  if (!run) return {};
  const copies = Object.keys(files).map((file) => [copyName(file), `${run.folder}/${copyPath(file)}`]);
  return {
    ...Object.fromEntries(copies),
    'run.id': run.id,
    'run.dir': run.folder,
    seed: String(run.seed),
    trial: String(run.trial ?? 0),
  };
}

function planCommand(argv: string[], plan: RunPlan, values: Values, env: Record<string, string | undefined>): void {
  const filled = argv.flatMap((argument) => fillArgument(argument, values, env));
  plan.argv = filled.map(({ text }) => text);
  const variables = filled.flatMap(({ variables }, argument) => variables.map((each) => ({ argument, ...each })));
  if (variables.length > 0) plan.variables = variables;
  if (argv.some((argument) => argument.includes('${args_json_file}'))) plan.files = { [ARGS_FILE]: argsJson(values) };
}

function planCopies(
  experiment: Experiment,
  plan: RunPlan,
  values: Values,
  report: (at: Path, fault: Fault, where?: 'key' | 'value') => void,
): void {
  for (const [file, written] of Object.entries(experiment.files ?? {})) {
    try {
      plan.files = { ...plan.files, [copyPath(file)]: copyText(file, written, plan.cwd, values) };
    } catch (error) {
      if (error instanceof MissingValue) report(['files', file], missing(error));
      else if (error instanceof CopyError) report(['files', file], { message: error.message }, 'key');
      else throw error;
    }
  }
}

function missing(error: MissingValue): Fault {
  if (error.missing === 'gpu')
    return {
      message: l10n.t('{gpu} is known only when the program starts: it can only be used in the command'),
      hint: l10n.t('programs have CUDA_VISIBLE_DEVICES in their environment'),
    };
  return error.what === 'env'
    ? {
        message: l10n.t('the environment variable {0} is not set', error.missing),
        hint: l10n.t('set it before starting the editor or the terminal'),
      }
    : { message: l10n.t('"{0}" has no value', error.missing), hint: l10n.t('give it one under params') };
}

function mergeParams(
  experiment: Experiment,
  reading: Reading,
  { params, floats }: { params: Params; floats?: Floats | undefined },
  report: (at: Path, fault: Fault, where?: 'key' | 'value') => void,
): { params: Params; floats?: Floats | undefined } {
  const merged: Params = { ...experiment.params };
  const marks = new Map<string, FloatMark>(Object.entries(experiment.floats ?? {}));
  const dimensions = dimensionsOf(reading);
  for (const [name, value] of Object.entries(params)) {
    const declared = entryOf(experiment.params, name);
    const dimension = dimensions.get(name) ?? null;
    // A form sends null for fields without a value.
    if (value === null && declared === undefined) continue;
    if (declared === undefined && !dimension) {
      const names = [...new Set([...Object.keys(experiment.params), ...dimensions.keys()])];
      const near = suggest(name, names);
      const hint = near
        ? l10n.t('did you mean "{0}"?', near)
        : names.length
          ? l10n.t('known: {0}', names.join(', '))
          : l10n.t('add it to params');
      report(['params'], { message: l10n.t('no parameter is named "{0}"', name), hint }, 'key');
      continue;
    }
    const own = declared !== undefined && sameValue(declared, value);
    const refusal = own ? null : refuseParam(value, declared, dimension);
    if (refusal) report(paramPath(reading, name), { message: `"${name}" ${refusal}` });
    else {
      setEntry(merged, name, value);
      const mark = markAt(experiment.floats, name);
      marks.set(name, floatMarkFor(value, markAt(floats, name), { value: declared, mark }, dimension));
    }
  }
  return { params: merged, floats: floatsOf([...marks]) };
}

export function dimensionsOf(reading: Reading): Map<string, Dimension> {
  return new Map((reading.space?.dimensions ?? []).map((d) => [d.name, d]));
}

/** Returns a parameter's place in the file: among the params, else in the space. */
export function paramPath(reading: Reading, name: string): Path {
  const own = reading.pathOf.get(name);
  return own ? ['params', ...own] : ['search', 'space', name];
}

function planNetwork(
  value: unknown,
  plan: RunPlan,
  reading: Reading,
  env: Record<string, string | undefined>,
  report: (at: Path, fault: Fault, where?: 'key' | 'value') => void,
): void {
  const result = validateNetwork(fillNetwork(value, plan.params, env));
  if (!result.problems) {
    plan.network = result.network;
    return;
  }
  for (const { path: at, message } of result.problems) {
    const fault = splitHint(message);
    const name = placeholderAt(value, at);
    // The value came from a parameter, so that is where to fix it.
    if (name !== null) report(paramPath(reading, name), { ...fault, message: `"${name}": ${fault.message}` });
    else report(['network', ...at], fault);
  }
}

/** Makes a trial of `sampler: hypergradient` tune its parameters while it trains. */
function tuneByGradients(network: Network, experiment: Experiment, report: (at: Path, fault: Fault) => void): void {
  const tunes = tunedBy(experiment);
  if (tunes.length === 0) return;
  const settings = network.hypergradient ?? normalizeHypergradient(tunes)!;
  network.hypergradient = { ...settings, tune: [...new Set([...settings.tune, ...tunes])] };
  const problem = hypergradientProblem(network);
  if (problem) report(['search', 'sampler'], { message: `sampler hypergradient: ${problem.message}` });
}

/** Name of the parameter that alone gives the value at a path of the network section. */
export function placeholderAt(value: unknown, at: Path): string | null {
  let here = value;
  for (const part of at) {
    here = typeof here === 'object' && here !== null ? (here as Record<string | number, unknown>)[part] : undefined;
    if (typeof here === 'string') break;
  }
  return typeof here === 'string' ? (/^\{([A-Za-z_][\w.\-/]*)\}$/.exec(here)?.[1] ?? null) : null;
}

/** `python` and `python3` mean the interpreter that was chosen: in the file, by TUNESMITH_PYTHON, in the editor, on the PATH. */
function interpreter(
  program: string,
  experiment: Experiment,
  folder: string,
  chosen: string | null,
  env: Record<string, string | undefined>,
): string {
  if (program !== 'python' && program !== 'python3') return program;
  if (experiment.python !== null) {
    // A bare name is looked up on the PATH; a path is relative to the file.
    const { python } = experiment;
    return /[\\/]/.test(python) ? path.resolve(folder, python) : python;
  }
  const set = env.TUNESMITH_PYTHON || chosen;
  if (set) return set;
  const order =
    program === 'python3'
      ? ['python3', 'python']
      : process.platform === 'win32'
        ? ['python', 'py']
        : ['python', 'python3'];
  return order.find((name) => onPath(name, env)) ?? program;
}

/** Runs on a machine that shares no files with this one. */
const isElsewhere = ({ cluster }: Experiment): boolean => cluster?.kind === 'ssh';

/** The file may name an interpreter of the host; a name is looked up there. */
function remoteInterpreter(program: string, { python }: Experiment): string {
  return program === 'python' || program === 'python3' ? (python ?? program) : program;
}

function onPath(name: string, env: Record<string, string | undefined>): boolean {
  const endings = process.platform === 'win32' ? ['.exe', '.bat', '.cmd'] : [''];
  const folders = (env.PATH ?? env.Path ?? '').split(path.delimiter).filter(Boolean);
  return folders.some((folder) => endings.some((ending) => existsSync(path.join(folder, name + ending))));
}

/** For an experiment that did not come from a text: problems have no better place than the file's beginning. */
function emptyReading(experiment: Experiment): Reading {
  return {
    source: new Source('', experiment.file),
    written: null,
    experiment,
    params: experiment.params,
    pathOf: new Map(),
    space: experiment.search ? readSpace(experiment.search.space, experiment.search.floats).space : null,
    origin: (at) => at,
  };
}
