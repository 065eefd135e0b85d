import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readReal } from '../../files/real.js';
import { fromRecord, workspaceOf } from '../../files/runPaths.js';
import { jsonText, type FloatMark } from '../../protocol/values/floats.js';
import { readCapture, type Capture } from '../../protocol/run/captureSettings.js';
import { isDebugSpec, type DebugSpec } from '../../protocol/run/debugging.js';
import { RUN_ENV, RUN_FILES } from '../../protocol/run/runFiles.js';
import { setEntry } from '../../protocol/values/records.js';

/** The part of `run.json` that the supervisor needs. Checked by hand: a schema library would double its start-up time. */
export interface ProgramSpec {
  id: string;
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  params: unknown;
  floats: FloatMark;
  variables: { argument: number; at: number; name: string }[];
  stopGrace: number;
  /** Null: the environment decides. */
  capture: Capture | null;
  /** The file's section `network`, with the data that it names. */
  network: unknown;
  launch: { number: number; checkpoint: string | null } | null;
  /** Id of the search that it is a trial of; null: none. */
  search: string | null;
  debug: DebugSpec | null;
  /** Null: one process on one node. */
  ranks: RankCounts | null;
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isVariable(value: unknown): value is ProgramSpec['variables'][number] {
  const { argument, at, name } = (value ?? {}) as Record<string, unknown>;
  return Number.isInteger(argument) && Number.isInteger(at) && isText(name);
}

function isLaunch(value: unknown): value is ProgramSpec['launch'] {
  if (value === null) return true;
  const { number, checkpoint } = value as Record<string, unknown>;
  return Number.isInteger(number) && (checkpoint === null || isText(checkpoint));
}

export interface RankCounts {
  nodes: number;
  /** Processes on each node. */
  perNode: number;
}

/** Returns the numbers of nodes and of processes on each; null if there is one process. */
function ranksIn(cluster: unknown): RankCounts | null {
  const { nodes = 1, tasksPerNode = 1 } = (cluster ?? {}) as Record<string, unknown>;
  if (!Number.isInteger(nodes) || !Number.isInteger(tasksPerNode)) return null;
  const counts = { nodes: nodes as number, perNode: tasksPerNode as number };
  return counts.nodes * counts.perNode > 1 ? counts : null;
}

/**
 * Reads and checks `run.json`, which must have the SHA-256 that the person has requested, because others may write to
 * its folder. Throws with a sentence for the person.
 */
export function readSpec(folder: string, askedHash: string | undefined): ProgramSpec {
  const path = join(folder, RUN_FILES.spec);
  const fail = (what: string): never => {
    throw new Error(`${path}: ${what}`);
  };
  let spec: Record<string, unknown>;
  try {
    const text = readReal(path);
    if (createHash('sha256').update(text).digest('hex') !== askedHash)
      throw new Error('it is not what you asked to run. Nothing was started; start the run again.');
    spec = JSON.parse(text);
  } catch (error) {
    return fail((error as Error).message);
  }
  if (typeof spec !== 'object' || spec === null) return fail('must hold an object');
  const { id, argv, cwd, env = {}, params = {}, floats = null, variables = [], stopGrace = 10, launch = null } = spec;
  const { capture = null, debug = null, cluster = null } = spec;
  if (spec.version !== 1) return fail(`is of version ${String(spec.version)}; this supervisor knows version 1`);
  if (!isText(id)) return fail('"id" must be text');
  if (!Array.isArray(argv) || argv.length === 0 || !argv.every(isText)) return fail('"argv" must be a list of texts');
  if (!isText(cwd)) return fail('"cwd" must be text');
  if (typeof env !== 'object' || env === null || !Object.values(env).every(isText))
    return fail('"env" must map names to texts');
  if (typeof stopGrace !== 'number' || !(stopGrace >= 0)) return fail('"stopGrace" must be seconds');
  if (!Array.isArray(variables) || !variables.every(isVariable)) return fail('"variables" must name arguments');
  if (!isLaunch(launch)) return fail('"launch" must have a number and a checkpoint');
  if (debug !== null && !isDebugSpec(debug)) return fail('"debug" must have a place and arguments');
  const absolute = (written: string): string => fromRecord(workspaceOf(folder), written);
  return {
    id,
    argv,
    cwd: absolute(cwd),
    env: env as Record<string, string>,
    params,
    stopGrace,
    floats: floats as FloatMark,
    variables,
    capture: capture === null ? null : readCapture(capture),
    debug,
    ranks: ranksIn(cluster),
    network: spec.network,
    search: isText(spec.search) ? spec.search : null,
    launch: launch && { ...launch, checkpoint: launch.checkpoint && absolute(launch.checkpoint) },
  };
}

/**
 * Returns the environment of the program: `base`, its placement, the spec's variables, then those of the run protocol.
 */
export function programEnv(
  base: NodeJS.ProcessEnv,
  spec: ProgramSpec,
  folder: string,
  address: { socket: string; token: string },
  pythonFolder: string | null,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    // Our own variable makes Electron behave as Node; a person's program that is Electron must not get it.
    if (
      value !== undefined &&
      name !== 'ELECTRON_RUN_AS_NODE' &&
      !name.startsWith('TUNESMITH_RUN_') &&
      name !== RUN_ENV.checkpoint
    )
      setEntry(env, name, value);
  }
  // Without it, a print appears in the log only when Python's buffer is full.
  env.PYTHONUNBUFFERED ??= '1';
  Object.assign(env, placement());
  Object.assign(env, spec.env);
  const capture = captureOf(spec, env);
  if (pythonFolder) {
    const folders = observesPython(capture) ? [join(pythonFolder, ...BOOTSTRAP), pythonFolder] : [pythonFolder];
    env.PYTHONPATH = [...folders, env.PYTHONPATH].filter(Boolean).join(delimiter);
  }
  if (spec.argv[0] === 'node') env.ELECTRON_RUN_AS_NODE = '1';
  return Object.assign(env, {
    [RUN_ENV.id]: spec.id,
    [RUN_ENV.folder]: folder,
    [RUN_ENV.journal]: join(folder, RUN_FILES.journal, RUN_FILES.externalJournal),
    [RUN_ENV.socket]: address.socket,
    [RUN_ENV.token]: address.token,
    [RUN_ENV.capture]: JSON.stringify(capture),
    [RUN_ENV.params]: jsonText(spec.params, spec.floats),
    ...(spec.launch?.checkpoint ? { [RUN_ENV.checkpoint]: spec.launch.checkpoint } : {}),
  });
}

/** Returns the capture settings of the program's file, else of the requesting client's environment. */
export function captureOf({ capture }: ProgramSpec, env: Record<string, string | undefined>): Capture {
  return capture ?? readCapture(env[RUN_ENV.capture]);
}

/** A folder within the Python client with a module that Python itself imports at its start. */
const BOOTSTRAP = ['tunesmith', 'capture', 'bootstrap'];

const observesPython = ({ libraries, wandb }: Capture): boolean => libraries !== 'off' || wandb === 'replace';

/**
 * Returns the argument vector with the values of the environment's variables inserted, and the debugger's arguments.
 */
export function programArgv(
  { argv, variables, debug, launch }: ProgramSpec,
  env: Record<string, string | undefined>,
): string[] {
  const filled = [...argv];
  // Starts at the end, so that earlier positions stay valid.
  for (const { argument, at, name } of [...variables].reverse()) {
    const text = filled[argument];
    if (!text?.startsWith(`\${envvar:${name}}`, at)) continue;
    filled[argument] = text.slice(0, at) + (env[name] ?? '') + text.slice(at + name.length + '${envvar:}'.length);
  }
  // Nobody waits to attach when a run resumes later.
  if (debug && launch === null) filled.splice(debug.at, 0, ...debug.args);
  return filled;
}

/** Returns our own Node for `node`, and the Python that is there for `python` and `python3`: many systems have only one of them. */
export function foundProgram(name: string, { PATH = '' }: Record<string, string | undefined>): string {
  if (name === 'node') return process.execPath;
  if (name !== 'python' && name !== 'python3') return name;
  const names = name === 'python' ? ['python', 'python3'] : ['python3', 'python'];
  const ending = process.platform === 'win32' ? '.exe' : '';
  const folders = PATH.split(delimiter).filter(Boolean);
  return names.find((each) => folders.some((folder) => existsSync(join(folder, each + ending)))) ?? name;
}

/** Returns the variables that assign the program its device, as the engine has decided. */
function placement(): Record<string, string> {
  return JSON.parse(process.env[RUN_ENV.placement] ?? '{}') as Record<string, string>;
}

/** Returns the folder with the Python client: named by the environment, or next to this bundle's folder. */
export function findPythonFolder(base: NodeJS.ProcessEnv): string | null {
  const candidates = [base.TUNESMITH_PYTHON_DIR, join(__dirname, '..', 'python')];
  return candidates.find((folder) => folder && existsSync(join(folder, 'tunesmith', '__init__.py'))) ?? null;
}

/** Returns why a program could not be started, and what to do about it. */
export function startError(error: NodeJS.ErrnoException, spec: ProgramSpec): string {
  const name = spec.argv[0]!;
  if (!isFolder(spec.cwd)) return `The working folder ${spec.cwd} does not exist. Check "cwd" in the experiment file.`;
  if (error.code === 'ENOENT') {
    return name.includes('/') || name.includes('\\')
      ? `The program ${name} does not exist. Check "run" in the experiment file.`
      : `There is no program "${name}" on the PATH. Check "run" in the experiment file, or give the program's full path.`;
  }
  if (error.code === 'EACCES')
    return `${name} is not executable. Make it executable (chmod +x), or start it through its interpreter.`;
  if (error.code === 'EINVAL' && process.platform === 'win32')
    return `${name} is a batch file, which can't be started without a shell. Start the program it calls instead.`;
  if (error.code === 'E2BIG')
    return `The command line of ${name} is too long for this system. Pass large values in a file.`;
  return `${name} could not be started: ${error.message}`;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
