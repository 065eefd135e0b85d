// A Python environment with PyTorch, for the tests that train a real PyTorch network.
// `node scripts/setup/python.mjs` prints its interpreter.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureDebianPackages, hasApt } from '../lib/debian.mjs';
import { installOnce } from '../lib/install.mjs';
import { exitWith, step, Unavailable } from '../lib/log.mjs';
import { keptCacheFolder } from '../lib/paths.mjs';
import { ask, run, which } from '../lib/process.mjs';

const TORCH = '2.13.0';
/** Small libraries whose capture is tested. The tests of others, and of those that can't be had, are skipped with a reason. */
const LIBRARIES = [
  ...['tensorboardX', 'pillow', 'scikit-learn', 'lightgbm', 'tqdm', 'ipykernel', 'debugpy'],
  ...['click', 'typer', 'fire', 'absl-py', 'jsonargparse[signatures]', 'tyro', 'draccus', 'hydra-core'],
];
/** Has no wheel of the version that Hydra needs; its source is plain Python. */
const FROM_SOURCE = ['antlr4-python3-runtime'];

/** The person's own interpreter, 3.9 or newer; undefined if there is none. */
export function systemPython() {
  const names = process.platform === 'win32' ? ['py', 'python'] : ['python3', 'python'];
  for (const name of [process.env.TUNESMITH_PYTHON, ...names].filter(Boolean)) {
    const version = ask(name, ['-c', 'import sys; print(sys.version_info >= (3, 9))']);
    if (version === 'True') return which(name) ?? name;
  }
  return undefined;
}

export const hasTorch = (python) => ask(python, ['-c', 'import torch; print(torch.__version__)'], { timeout: 90_000 });

const inEnvironment = (folder) =>
  process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');

/** An interpreter that has torch. If that is impossible, throws Unavailable with the reason. */
export async function ensureTorch() {
  const python = systemPython();
  if (!python) throw new Unavailable('No Python 3.9 or newer was found; install one or name it in TUNESMITH_PYTHON.');
  const folder = keptCacheFolder('python', `torch-${TORCH}`);
  const environment = inEnvironment(folder);
  if (existsSync(join(folder, '.complete')) && hasTorch(environment)) {
    await addLibraries(folder);
    return environment;
  }
  if (hasTorch(python)) return python;
  try {
    await step(`Installing PyTorch ${TORCH} into its own environment`, () =>
      installOnce(folder, (target) => install(python, target), { inPlace: true }),
    );
  } catch (error) {
    throw new Unavailable(`PyTorch can't be installed here: ${error.message.split('\n').slice(0, 12).join('\n')}`);
  }
  await addLibraries(folder);
  return environment;
}

/** Installs the small libraries into our environment, once; never throws. */
async function addLibraries(folder) {
  const marker = join(folder, '.libraries');
  const wanted = LIBRARIES.join(' ');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  const argv = [
    '-m',
    'pip',
    '--disable-pip-version-check',
    '--no-input',
    'install',
    '--retries',
    '1',
    '--only-binary',
    ':all:',
    '--no-binary',
    FROM_SOURCE.join(','),
  ];
  const { code } = await step('Installing small Python libraries for the tests', () =>
    run(inEnvironment(folder), [...argv, ...LIBRARIES], { output: 'quiet', timeout: 5 * 60_000, check: false }),
  );
  if (code === 0) writeFileSync(marker, wanted);
}

async function install(python, target) {
  if (!ask(python, ['-c', 'import ensurepip, venv; print(1)']) && hasApt()) {
    await ensureDebianPackages(['python3-venv'], 'A Python environment');
  }
  await run(python, ['-m', 'venv', target], { output: 'quiet', timeout: 120_000 });
  const pip = (...args) =>
    run(inEnvironment(target), ['-m', 'pip', '--disable-pip-version-check', '--no-input', ...args], {
      output: 'quiet',
      timeout: 10 * 60_000,
    });
  // On Linux the package index may serve the CUDA build, which brings gigabytes of GPU libraries: look before taking it.
  if (process.platform === 'linux') {
    const plan = await pip('install', '--dry-run', '--only-binary', ':all:', `torch==${TORCH}`);
    if (/\bnvidia-|\bcuda-/.test(plan.output)) {
      throw new Unavailable(
        'the package index serves only the CUDA build, which is too large to fetch unasked. ' +
          'Install a build of your choice and name its interpreter in TUNESMITH_PYTHON.',
      );
    }
  }
  await pip('install', '--only-binary', ':all:', `torch==${TORCH}`, 'numpy');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(await ensureTorch());
  } catch (error) {
    exitWith(error);
  }
}
