import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { TrainingError } from '../../errors.js';
import { runCommand } from '../../files/command.js';
import type { TensorFlow } from './tensorFlowLibraries.js';
import { fetchPackage, writeFiles } from './tfjsPackage.js';
import { said } from '../../../format/said.js';

/**
 * N-API version that the binding needs. N-API is stable, so headers of any version that includes it serve every later
 * Node.
 */
const NAPI = 8;
const HEADERS = 'node-api-headers@1.5.0';

/** Compiles the two source files of tfjs-node's binding against a TensorFlow; it needs only a C++ compiler. */
export async function compileBinding(
  packageFolder: string,
  tensorflow: TensorFlow,
  signal: AbortSignal,
): Promise<void> {
  const compiler = await findCompiler(signal);
  const headers = join(packageFolder, 'headers');
  await writeFiles(await fetchPackage(HEADERS, signal, (path) => path.startsWith('include/')), headers);
  const target = join(packageFolder, 'lib', `napi-v${NAPI}`);
  await mkdir(target, { recursive: true });
  const attempts = [await cudaLibraries(tensorflow), []];
  let output = '';
  for (const cuda of attempts) {
    const args = compilerArguments(packageFolder, target, headers, tensorflow, cuda);
    const { code, stderr } = await runCommand(compiler, args, { signal, timeoutMs: 10 * 60_000 });
    if (code === 0) return;
    output = stderr;
  }
  const line = /[^\n]*error:?[^\n]*/.exec(output)?.[0] ?? output.trim().slice(-300);
  throw new TrainingError(said('the binding could not be compiled with {0}: {1}', compiler, line));
}

function compilerArguments(
  packageFolder: string,
  target: string,
  headers: string,
  tensorflow: TensorFlow,
  cuda: string[],
): string[] {
  const mac = process.platform === 'darwin';
  const framework = mac ? 'libtensorflow_framework.2.dylib' : 'libtensorflow_framework.so.2';
  // The path must stay valid when the backend's folder is renamed.
  const origin = mac ? '@loader_path' : '$ORIGIN';
  const place = tensorflow.ours ? `${origin}/${relative(target, tensorflow.folder)}` : tensorflow.folder;
  return [
    '-shared',
    '-fPIC',
    '-O2',
    '-std=c++17',
    '-w',
    ...(mac ? ['-undefined', 'dynamic_lookup'] : ['-Wl,--disable-new-dtags']),
    `-DNAPI_VERSION=${NAPI}`,
    '-DBUILDING_NODE_EXTENSION',
    `-I${packageFolder}`,
    `-I${join(headers, 'include')}`,
    `-I${tensorflow.include}`,
    join(packageFolder, 'binding', 'tfjs_backend.cc'),
    join(packageFolder, 'binding', 'tfjs_binding.cc'),
    tensorflow.library,
    join(tensorflow.folder, framework),
    // The libraries are linked even if unused: TensorFlow itself looks for them only by name, where they are not.
    ...(cuda.length ? ['-Wl,--no-as-needed', ...cuda] : []),
    ...[place, ...tensorflow.cudaFolders].map((folder) => `-Wl,-rpath,${folder}`),
    '-o',
    join(target, 'tfjs_binding.node'),
  ];
}

async function cudaLibraries({ cudaFolders }: TensorFlow): Promise<string[]> {
  const libraries: string[] = [];
  for (const folder of cudaFolders) {
    const files = existsSync(folder) ? await readdir(folder) : [];
    libraries.push(...files.filter((file) => /^lib[\w-]+\.so\.\d+$/.test(file)).map((file) => join(folder, file)));
  }
  return libraries;
}

async function findCompiler(signal: AbortSignal): Promise<string> {
  for (const program of [process.env.CXX, 'c++', 'g++', 'clang++']) {
    if (!program) continue;
    const result = await runCommand(program, ['--version'], { signal, timeoutMs: 20_000 }).catch(() => null);
    if (result?.code === 0) return program;
  }
  const how = process.platform === 'darwin' ? 'xcode-select --install' : 'on Debian: apt-get install g++';
  throw new TrainingError(said('a C++ compiler is needed to build the binding: install one ({0}) and try again', how));
}
