/** From a pipeline and the hyperparameters of a run to what each of its stages is to do. */
import { statSync } from 'node:fs';
import * as path from 'node:path';
import { forJson, markAt, type FloatMark, type Floats } from '../../protocol/values/floats.js';
import type { StagePlan } from '../../protocol/run/pipeline.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import type { Objective } from '../../search/types.js';
import type { Fault, Path } from '../file/source.js';
import { validateNetwork } from '../network/index.js';
import { splitHint } from '../search/space.js';
import { fillArgument, fillTree, placeholders, putVariables, takesAll } from '../start/fill.js';
import { fillNetwork } from '../start/fillNetwork.js';
import { writtenPlace } from '../cluster.js';
import type { Experiment } from '../types.js';
import { outputText } from '../start/output.js';
import { networkOf } from './network.js';
import { isCommand, inOrder, stageNamed, stagesOf, type Stage } from './stages.js';
import type { WrittenStage } from './schema.js';

/** Longest argument that may name a file. */
const LONGEST = 1000;
type Env = Record<string, string | undefined>;
type Report = (at: Path, fault: Fault) => void;

export interface CompileContext {
  params: Params;
  floats?: Floats | undefined;
  env: Env;
  /** Interpreter chosen by the requesting client; the file's own takes precedence. */
  python: string | null;
  report: Report;
}

/** Returns the stages, each after those that it needs. Throws MissingValue. */
export function compilePipeline(experiment: Experiment, written: WrittenStage[], context: CompileContext): StagePlan[] {
  const stages = stagesOf(written);
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  return inOrder(stages).map((stage) => new Compiler(experiment, byName, context).compile(stage));
}

class Compiler {
  private readonly folder: string;

  constructor(
    private readonly experiment: Experiment,
    private readonly stages: ReadonlyMap<string, Stage>,
    private readonly context: CompileContext,
  ) {
    this.folder = path.dirname(experiment.file);
  }

  compile(stage: Stage): StagePlan {
    const { name, kind, after, written } = stage;
    const { experiment } = this;
    const program = isCommand(kind) ? { [kind]: written[kind] } : { network: networkOf(stage, this.stages).section };
    const { params, marks } = this.paramsOf(stage, program);
    const objective = objectiveOf(stage, experiment.objectives);
    const env = { ...experiment.env, ...textsOf(written.env) };
    const cwd = written.cwd ?? experiment.cwd;
    const python = experiment.python ?? this.context.python;
    const gpus = written.resources?.gpus ?? experiment.resources.gpus;
    const perGpu = written.resources?.perGpu ?? experiment.resources.perGpu;
    const cluster = written.on === 'local' ? undefined : experiment.cluster;
    const place = cluster && writtenPlace(cluster);
    const seed = written.seed ?? experiment.seed;
    const text = {
      name: `${experiment.name}/${name}`,
      ...program,
      ...(Object.keys(params).length > 0 && { params: forJson(params, marks) }),
      ...(objective && { objective }),
      ...(cwd !== null && { cwd }),
      ...(written.files && { files: written.files }),
      ...(written.output !== undefined && { output: outputText(written.output) }),
      ...(Object.keys(env).length > 0 && { env }),
      ...(python !== null && kind === 'run' && { python }),
      ...(seed !== null && { seed }),
      ...((gpus !== null || perGpu !== 1) && {
        resources: { ...(gpus !== null && { gpus }), ...(perGpu !== 1 && { perGpu }) },
      }),
      ...(place && { ...place, resources: { ...(place.resources as object), ...written.resources } }),
      ...(experiment.stopGrace !== null && { stopGrace: experiment.stopGrace }),
      ...(experiment.syncInterval !== undefined && { syncInterval: experiment.syncInterval }),
    };
    const used = isCommand(kind) ? this.filesOfCommand(written, params, cwd) : this.checkNetwork(stage, params);
    const inputs = [...new Set([...used, ...(written.inputs ?? [])])];
    return { name, kind, after, text: JSON.stringify(text, null, 1), inputs, outputs: written.outputs ?? [] };
  }

  /**
   * Returns the values that a stage uses: those of the file, of the stages that its settings come from, and its own.
   */
  private paramsOf(stage: Stage, program: object): { params: Params; marks: FloatMark } {
    const { context } = this;
    const own: Params = {};
    const chain: Stage[] = [];
    for (let at: Stage | undefined = stage; at; at = at.parent === null ? undefined : this.stages.get(at.parent)) {
      chain.unshift(at);
    }
    for (const { written } of chain) {
      for (const [name, value] of Object.entries(written.params ?? {})) {
        setEntry(own, name, fillTree(value, context.params, context.env) as ParamValue);
      }
    }
    const { env, files } = stage.written;
    const texts = textsIn({ program, env: { ...this.experiment.env, ...env }, files });
    const all = stage.kind === 'module' || texts.some(takesAll);
    const named = all ? Object.keys(context.params) : texts.flatMap(placeholders);
    const params: Params = {};
    const marks: Record<string, FloatMark> = {};
    for (const name of named) {
      if (hasEntry(own, name) || stageNamed(name) !== null || !hasEntry(context.params, name)) continue;
      setEntry(params, name, entryOf(context.params, name)!);
      setEntry(marks, name, markAt(context.floats, name) ?? null);
    }
    const mine = Object.keys(stage.written.params ?? {});
    for (const [name, value] of Object.entries(own)) {
      if (mine.includes(name) || named.includes(name)) setEntry(params, name, value);
    }
    return { params, marks };
  }

  /** Returns the files that a command's arguments name. */
  private filesOfCommand({ run, module, files }: WrittenStage, params: Params, cwd: string | null): string[] {
    const base = path.resolve(this.folder, cwd ?? '.');
    const copied = Object.keys(files ?? {}).flatMap((file) => this.fileAt(base, file));
    if (module !== undefined) return [module, ...copied];
    const named = (run as string[]).flatMap((argument) => {
      if (placeholders(argument).some((name) => !hasEntry(params, name))) return [];
      return fillArgument(argument, { params }, this.context.env).flatMap(({ text, variables }) =>
        this.fileAt(base, putVariables(text, variables, this.context.env)),
      );
    });
    return [...named, ...copied];
  }

  /** Checks the section with this run's values, and returns the files and folders that it names. */
  private checkNetwork(stage: Stage, params: Params): string[] {
    const { section, origin } = networkOf(stage, this.stages);
    const known: Params = { ...params };
    // Other stages' runs are not known yet; any text works for the check.
    for (const name of textsIn(section).flatMap(placeholders)) {
      if (!hasEntry(known, name) && name.startsWith('stage.')) setEntry(known, name, 'run');
    }
    const filled = fillNetwork(section, known, this.context.env);
    for (const { path: at, message } of validateNetwork(filled).problems ?? []) {
      const own = origin(at);
      if (own !== null) this.context.report(['pipeline', stage.index, ...own], splitHint(message));
    }
    const { data, metrics, from } = fillTree(section, known, this.context.env) as Record<string, unknown>;
    return textsIn([data, metrics, from]).flatMap((text) => (isPath(text) ? [text] : []));
  }

  private fileAt(base: string, text: string): string[] {
    const option = /^--?[\w-]+=(.+)$/.exec(text)?.[1];
    const given = option ?? text;
    if (!isPath(given)) return [];
    const file = path.resolve(base, given);
    // A folder named in a command may be one that it writes into: those are listed under "inputs".
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) return [];
    return [path.relative(this.folder, file)];
  }
}

const isPath = (text: string): boolean => text.length > 0 && text.length <= LONGEST && !/[\n\0]/.test(text);

/** Returns the objective of a stage: its own, or the pipeline's if that names a metric of the stage. */
function objectiveOf({ name, written }: Stage, objectives: readonly Objective[]): Objective | null {
  if (written.objective !== undefined) return [written.objective].flat()[0]!;
  const prefix = `${name}/`;
  const named = objectives.find(({ metric }) => metric.startsWith(prefix));
  return named ? { ...named, metric: named.metric.slice(prefix.length) } : null;
}

function textsOf(env: WrittenStage['env']): Record<string, string> {
  return Object.fromEntries(Object.entries(env ?? {}).map(([name, value]) => [name, String(value)]));
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(textsIn)];
}
