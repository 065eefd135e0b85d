/** The stock native packages, which bring TensorFlow 2.9 with them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { TrainingError } from '../errors.js';
import { runCommand } from '../files/command.js';
import { npm } from '../files/npm.js';
import { findBinding, startBinding } from './binding.js';
import { backendFolder, installInto, installStamp, isInstalled } from './folder.js';
import { unpackTfjsNode } from './tfjsPackage.js';
import type { BackendModule, InstallContext } from './types.js';

/** What the package's own install script asks for; everything else of its 300 MB is not needed here. */
const SCRIPT_NEEDS = [
  '@mapbox/node-pre-gyp@1.0.9',
  'adm-zip@0.5',
  'https-proxy-agent@2',
  'progress@2',
  'rimraf@2',
  'tar@6',
];

function stock(id: 'tfjs-node' | 'tfjs-node-gpu', name: string, gpu: boolean): BackendModule {
  const packageFolder = () => join(backendFolder(id), 'tfjs-node');
  const supported = () =>
    gpu
      ? process.arch === 'x64' && process.platform !== 'darwin'
      : process.arch === 'x64' || process.platform !== 'win32';
  return {
    id,
    name,
    advice: null,
    missing() {
      if (!supported()) return `there is no such package for ${process.platform} on ${process.arch}`;
      return isInstalled(id) ? null : 'not installed';
    },
    async start() {
      const started = await startBinding(packageFolder(), `@tensorflow/${id}`);
      if (gpu && started.device !== 'gpu') {
        throw new TrainingError('it works, but finds no GPU (it needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1)');
      }
      return started;
    },
    async install(context: InstallContext) {
      if (!supported()) throw new TrainingError(`there is no such package for ${process.platform} on ${process.arch}`);
      const wait = () => context.onProgress(null, 'waiting for another installation');
      await installInto(id, context.signal, wait, async (folder) => {
        context.onProgress(0.05, `fetching @tensorflow/${id}`);
        const version = await unpackTfjsNode(`@tensorflow/${id}`, join(folder, 'tfjs-node'), context.signal);
        await writeFile(join(folder, 'package.json'), '{"private":true}');
        await npm(['install', '--ignore-scripts', '--no-save', ...SCRIPT_NEEDS], {
          cwd: folder,
          signal: context.signal,
        });
        context.onProgress(0.2, `fetching its TensorFlow library (${gpu ? '~360' : '~120'} MB)`);
        await runInstallScript(folder, gpu, context);
        if (!findBinding(join(folder, 'tfjs-node')))
          throw new TrainingError('its native part is not there after installing');
        return { version };
      });
    },
    fingerprint: () => installStamp(id),
  };
}

async function runInstallScript(folder: string, gpu: boolean, context: InstallContext): Promise<void> {
  const bin = join(folder, 'node_modules', '.bin');
  await mkdir(bin, { recursive: true });
  const { code, stderr, stdout } = await runCommand(
    process.execPath,
    ['scripts/install.js', gpu ? 'gpu' : 'cpu', 'download'],
    {
      cwd: join(folder, 'tfjs-node'),
      signal: context.signal,
      timeoutMs: 20 * 60_000,
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
    },
  );
  if (code === 0) return;
  const said = /(?:Error:|error:|getaddrinfo|ECONN\w+|ETIMEDOUT)[^\n]*/.exec(stderr + stdout)?.[0] ?? `code ${code}`;
  const unreachable = /getaddrinfo|ECONN|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|statusCode|socket/.test(said);
  throw new TrainingError(
    `its TensorFlow library could not be fetched (${said.trim()})` +
      (unreachable
        ? ': the server that hosts it is out of reach from here; "tunesmith backends install tensorflow-python" does without it'
        : ''),
  );
}

export const tfjsNode = stock('tfjs-node', 'TensorFlow for Node, CPU', false);
export const tfjsNodeGpu = stock('tfjs-node-gpu', 'TensorFlow for Node, CUDA', true);
