import { execFile } from 'node:child_process';
import { accessSync, constants, openSync, readdirSync, readFileSync, readSync, closeSync, statSync } from 'node:fs';
import * as os from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { RUN_ENV } from '../../../protocol/run/runFiles.js';
import type { RecordedEnvironment } from '../../../protocol/engine/recorded.js';
import { setEntry } from '../../../protocol/values/records.js';
import { gpuFacts } from './gpus.js';

type Env = Readonly<Record<string, string | undefined>>;
type Versions = Record<string, string>;

/** Maximum number of packages, and of folders that are searched for them. */
const MAX_PACKAGES = 5000;
const MAX_FOLDERS = 100;
const TIMEOUT = 15_000;
const LONGEST = 1000;
/** How a program works; none of them is a secret. */
const VARIABLES = new RegExp(
  '^(?:' +
    [
      'CUDA_(?:VISIBLE_DEVICES|DEVICE_ORDER|LAUNCH_BLOCKING)|(?:HIP|ROCR)_VISIBLE_DEVICES|VIRTUAL_ENV|CONDA_(?:DEFAULT_ENV|PREFIX)',
      'PYTHON(?:HASHSEED|OPTIMIZE|UNBUFFERED)|(?:OMP|MKL|OPENBLAS|NUMEXPR|NUMBA)_NUM_THREADS|CUBLAS_WORKSPACE_CONFIG',
      'TF_(?:DETERMINISTIC_OPS|CUDNN_DETERMINISTIC|ENABLE_ONEDNN_OPTS|FORCE_GPU_ALLOW_GROWTH|CPP_MIN_LOG_LEVEL)|XLA_FLAGS',
      'PYTORCH_(?:CUDA_ALLOC_CONF|ENABLE_MPS_FALLBACK)|NVIDIA_TF32_OVERRIDE|TORCH_(?:ALLOW_TF32_CUBLAS_OVERRIDE|COMPILE_DISABLE)',
      'JAX_(?:PLATFORMS|ENABLE_X64)|KERAS_BACKEND|TOKENIZERS_PARALLELISM|(?:HF_HUB|TRANSFORMERS|HF_DATASETS)_OFFLINE',
      'NCCL_(?:DEBUG|P2P_DISABLE|IB_DISABLE|SOCKET_IFNAME)|WORLD_SIZE|RANK|LOCAL_RANK|LOCAL_WORLD_SIZE|NODE_RANK',
      'SLURM_(?:JOB_ID|JOB_NAME|NNODES|NTASKS|PROCID|CPUS_PER_TASK)|NODE_ENV|LANG|LC_ALL|TZ',
    ].join('|') +
    ')$',
);

export interface EnvironmentOf {
  argv: readonly string[];
  cwd: string;
  /** The program's. */
  env: Env;
  /** Our own folder on its PYTHONPATH. */
  ours: string | null;
}

/** Records the machine, the interpreter of a program and the packages that it finds. Never rejects. */
export async function recordEnvironment(program: EnvironmentOf): Promise<RecordedEnvironment> {
  const [interpreter, gpus] = await Promise.all([
    interpreterOf(program).catch(() => null),
    gpuFacts((tool, args) => execute(tool, args, program.env)),
  ]);
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(program.env)) {
    if (value !== undefined && VARIABLES.test(name)) setEntry(variables, name, value.slice(0, LONGEST));
  }
  return {
    version: 1,
    time: Date.now(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    cpu: os.cpus()[0]?.model.trim() || os.arch(),
    cores: os.availableParallelism(),
    memoryMiB: Math.round(os.totalmem() / 2 ** 20),
    gpus,
    variables,
    interpreter: interpreter?.interpreter ?? null,
    packages: interpreter?.packages ?? {},
  };
}

async function interpreterOf(program: EnvironmentOf) {
  const { argv, cwd, env } = program;
  if (argv[0] === 'node') return nodeFacts(process.execPath, process.version, cwd);
  const file = findProgram(argv[0]!, cwd, env);
  if (file === null) return null;
  if (/^node(?:\.exe)?$/.test(basename(file))) {
    const version = await answer(file, ['--version'], program);
    return nodeFacts(file, version.trim().slice(0, 100), cwd);
  }
  const python = pythonOf(file, env);
  return python === null ? null : pythonFacts(python, program);
}

/** The file that a command's first word names. */
function findProgram(name: string, cwd: string, env: Env): string | null {
  const isPath = /[/\\]/.test(name);
  const folders = isPath ? [cwd] : (env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const folder of folders) {
    for (const ending of process.platform === 'win32' ? ['', '.exe'] : ['']) {
      const file = resolve(cwd, folder, name + ending);
      if (isProgram(file)) return file;
    }
  }
  return null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

const PYTHON = /^(?:python|pypy)[\d.]*w?(?:\.exe)?$/;

/** The Python that a program is, or that its first line names, as with torchrun; else the one of the virtual environment. */
function pythonOf(file: string, env: Env): string | null {
  if (PYTHON.test(basename(file))) return file;
  const bytes = firstBytes(file);
  // A path with a space is impossible in a shebang line, so pip has the shell find it.
  const [, quoted] = /^#!\/bin\/sh\n'''exec' "([^"\n]+)"/.exec(bytes) ?? [];
  const [, first = '', second = ''] = quoted ? ['', quoted] : (/^#!\s*(\S+)(?:[ \t]+(\S+))?/.exec(bytes) ?? []);
  const named = basename(first) === 'env' ? findProgram(second || 'python', '/', env) : first;
  if (named && PYTHON.test(basename(named)) && isProgram(named)) return named;
  const venv = env.VIRTUAL_ENV ?? env.CONDA_PREFIX;
  // Starters such as `uv run` and `poetry run` work there.
  if (!venv || !/^(?:uv|poetry|pixi|pdm|hatch|rye|conda|accelerate|torchrun|deepspeed)$/.test(basename(file)))
    return null;
  const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  return isProgram(python) ? python : null;
}

function firstBytes(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(512);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Imports nothing from the working folder, where a file may have the name of one of Python's own modules. */
const ASK_PYTHON =
  'import sys; sys.path[:] = [p for p in sys.path if p]; import json; ' +
  'print(json.dumps({"version": sys.version.split()[0], "paths": sys.path}))';

async function pythonFacts(python: string, program: EnvironmentOf) {
  const told = JSON.parse(await answer(python, ['-c', ASK_PYTHON], program)) as { version?: unknown; paths?: unknown };
  const paths = Array.isArray(told.paths) ? told.paths.filter((path): path is string => typeof path === 'string') : [];
  const packages: Versions = {};
  for (const path of paths.slice(0, MAX_FOLDERS)) {
    for (const name of namesIn(path)) {
      const found = /^([A-Za-z0-9._]+)-([^-]+)(?:-[^/]*)?\.(?:dist-info|egg-info|egg)$/.exec(name);
      // Python imports the first one on the path.
      if (found) addPackage(packages, found[1]!.replace(/[._]+/g, '-').toLowerCase(), found[2]!);
    }
  }
  const interpreter = { language: 'python' as const, path: python, version: String(told.version).slice(0, 100) };
  return { interpreter, packages: sorted(packages) };
}

function nodeFacts(path: string, version: string, cwd: string) {
  const packages: Versions = {};
  for (let folder = cwd, up = 0; up < 20; folder = dirname(folder), up++) {
    const modules = join(folder, 'node_modules');
    const scoped = namesIn(modules).flatMap((name) =>
      name.startsWith('@') ? namesIn(join(modules, name)).map((one) => `${name}/${one}`) : [name],
    );
    for (const name of scoped.slice(0, MAX_PACKAGES)) {
      if (name.startsWith('.') || Object.hasOwn(packages, name)) continue;
      const found = packageVersion(join(modules, name, 'package.json'));
      if (found !== null) addPackage(packages, name, found);
    }
    if (dirname(folder) === folder) break;
  }
  return { interpreter: { language: 'node' as const, path, version }, packages: sorted(packages) };
}

function packageVersion(file: string): string | null {
  try {
    if (statSync(file).size > 1 << 20) return null;
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}

function addPackage(packages: Versions, name: string, version: string): void {
  if (Object.hasOwn(packages, name) || Object.keys(packages).length >= MAX_PACKAGES) return;
  setEntry(packages, name.slice(0, 200), version.slice(0, 200));
}

const sorted = (packages: Versions): Versions =>
  Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Asks the program's own interpreter, in its environment without our additions. */
function answer(file: string, args: string[], { env, ours, cwd }: EnvironmentOf): Promise<string> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TUNESMITH_')));
  const paths = (env.PYTHONPATH ?? '').split(delimiter).filter((path) => ours === null || !path.startsWith(ours));
  const { PYTHONPATH: _, ...rest } = own;
  const path = paths.filter(Boolean).length > 0 ? { PYTHONPATH: paths.join(delimiter) } : {};
  return execute(file, args, { ...rest, ...path, PYTHONDONTWRITEBYTECODE: '1' }, cwd);
}

function execute(file: string, args: string[], env: Env, cwd?: string): Promise<string> {
  // It does not belong to the run, although we start it.
  const options = {
    timeout: TIMEOUT,
    windowsHide: true,
    maxBuffer: 1 << 20,
    cwd,
    env: { ...env, [RUN_ENV.outlive]: '1' },
  };
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    // The program has the processor first.
    if (child.pid !== undefined) yieldTo(child.pid);
  });
}

function yieldTo(pid: number): void {
  try {
    os.setPriority(pid, os.constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has already ended.
  }
}
