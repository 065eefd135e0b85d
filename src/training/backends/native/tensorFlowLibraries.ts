import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainingError } from '../../errors.js';
import { runCommand } from '../../files/command.js';
import { differs, TENSORFLOW_WHEELS } from '../../files/pinned.js';
import type { InstallContext } from '../types.js';

/** TensorFlow libraries to link a program against. */
export interface TensorFlow {
  version: string;
  /** Folder of the libraries. */
  folder: string;
  /** Path of the C and C++ library. */
  library: string;
  include: string;
  /** Folders of CUDA libraries installed as Python packages beside it. */
  cudaFolders: string[];
  /** True when it is inside the backend's own folder. */
  ours: boolean;
  dropHeaders(): Promise<void>;
}

export const LIBRARY = process.platform === 'darwin' ? 'libtensorflow_cc.2.dylib' : 'libtensorflow_cc.so.2';

const FIND = `
import glob, importlib.metadata as metadata, importlib.util, json, os
spec = importlib.util.find_spec("tensorflow")
places = list(spec.submodule_search_locations or []) if spec else []
version = ""
for name in ("tensorflow", "tensorflow_cpu", "tensorflow-macos", "tf_nightly"):
    try:
        version = version or metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
root = os.path.dirname(places[0]) if places else ""
print(json.dumps({"folder": places[0] if places else None, "version": version,
                  "cuda": sorted(glob.glob(os.path.join(root, "nvidia", "*", "lib")))}))
`;

const pythons = (given: string | null) => (given ? [given] : ['python3', 'python']);

/** Returns the TensorFlow of the person's Python; null when there is none to link against. */
export async function findTensorFlow(python: string | null, signal: AbortSignal): Promise<TensorFlow | null> {
  for (const program of pythons(python)) {
    const result = await runCommand(program, ['-c', FIND], { signal, timeoutMs: 30_000 }).catch(() => null);
    if (!result || result.code !== 0) continue;
    const found = JSON.parse(result.stdout) as { folder: string | null; version: string; cuda: string[] };
    if (!found.folder) continue;
    const tensorflow = at(found.folder, found.version, found.cuda, false);
    if (existsSync(tensorflow.library) && existsSync(tensorflow.include)) return tensorflow;
  }
  return null;
}

function at(folder: string, version: string, cudaFolders: string[], ours: boolean): TensorFlow {
  const include = join(folder, 'include');
  const dropHeaders = () => rm(include, { recursive: true, force: true });
  return { version, folder, library: join(folder, LIBRARY), include, cudaFolders, ours, dropHeaders };
}

const UNZIP = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith("tensorflow/include/") or name.startswith("tensorflow/libtensorflow"):
            wheel.extract(name, sys.argv[2])
`;
import { said } from '../../../format/said.js';

/** Downloads TensorFlow's wheel with pip and keeps its libraries and headers. */
export async function fetchTensorFlow(context: InstallContext, folder: string): Promise<TensorFlow> {
  const { signal, onProgress } = context;
  const python = await workingPip(context);
  const name = process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow_cpu' : 'tensorflow';
  onProgress(0.08, `fetching TensorFlow ${TENSORFLOW_WHEELS.version} (about 250 MB)`);
  const wheels = join(folder, 'wheel');
  await mkdir(wheels, { recursive: true });
  const wanted = join(folder, 'wheel.txt');
  const hashes = TENSORFLOW_WHEELS[name].map((hash) => `--hash=sha256:${hash}`);
  await writeFile(wanted, `${name}==${TENSORFLOW_WHEELS.version} ${hashes.join(' ')}\n`);
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--require-hashes', '--dest', wheels];
  // Only the libraries are used, so a wheel for another Python version works as well.
  const attempts = [[], ...['3.12', '3.11', '3.13'].map((version) => ['--python-version', version])];
  let told = '';
  for (const extra of attempts) {
    const { code, stderr } = await runCommand(python, [...download, ...extra, '-r', wanted], {
      signal,
      onLine: (line) => {
        const size = /\(([\d.]+ [kMG]B)\)/.exec(line)?.[1];
        if (size) onProgress(0.1, `fetching TensorFlow ${TENSORFLOW_WHEELS.version} (${size})`);
      },
    });
    if (code === 0) break;
    const got = /DO NOT MATCH THE HASHES[^]*?Got\s+([0-9a-f]{64})/.exec(stderr)?.[1];
    if (got)
      throw new TrainingError(differs(`${name} ${TENSORFLOW_WHEELS.version}`, said('the Python package index'), got));
    told = /ERROR: ([^\n]*)/.exec(stderr)?.[1] ?? stderr.trim().slice(-300);
  }
  const wheel = (await readdir(wheels)).find((file) => file.endsWith('.whl'));
  if (!wheel) throw new TrainingError(said('TensorFlow could not be fetched with pip: {0}', told));
  onProgress(0.45, 'unpacking TensorFlow');
  const unzip = await runCommand(python, ['-c', UNZIP, join(wheels, wheel), folder], { signal });
  if (unzip.code !== 0)
    throw new TrainingError(said("TensorFlow's package could not be unpacked: {0}", unzip.stderr.trim().slice(-300)));
  for (const path of [wheels, wanted]) await rm(path, { recursive: true, force: true });
  const found = at(join(folder, 'tensorflow'), TENSORFLOW_WHEELS.version, [], true);
  if (!existsSync(found.library))
    throw new TrainingError(said('the package of TensorFlow {0} holds no {1}', TENSORFLOW_WHEELS.version, LIBRARY));
  return found;
}

async function workingPip({ python, signal }: InstallContext): Promise<string> {
  for (const program of pythons(python)) {
    const result = await runCommand(program, ['-m', 'pip', '--version'], { signal, timeoutMs: 30_000 }).catch(
      () => null,
    );
    if (result?.code === 0) return program;
  }
  throw new TrainingError(
    python
      ? said('{0} is not a Python with pip: choose another interpreter', python)
      : said(
          'no Python with pip was found: install one (on Debian: apt-get install python3-pip), or name an interpreter',
        ),
  );
}
