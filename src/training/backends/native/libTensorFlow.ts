/** TensorFlow's official C library: an archive of libraries and headers, verified before it is opened. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TrainingError } from '../../errors.js';
import { runCommand } from '../../files/command.js';
import { checkFile, type LibTensorFlow } from '../../files/pinned.js';
import type { TensorFlow } from './tensorFlowLibraries.js';
import type { InstallContext } from '../types.js';
import { said } from '../../../format/said.js';

const SERVER = 'https://storage.googleapis.com/';
const LIBRARY = process.platform === 'darwin' ? 'libtensorflow.2.dylib' : 'libtensorflow.so.2';

/**
 * Downloads an address to a file. It runs in its own process, because Node reads the proxy settings only at startup.
 */
const FETCH = `
const [url, file] = process.argv.slice(1);
const { createWriteStream } = require('node:fs');
const { Readable } = require('node:stream');
fetch(url)
  .then(async (answer) => {
    if (!answer.ok) throw new Error('the server answers ' + answer.status);
    await require('node:stream/promises').pipeline(Readable.fromWeb(answer.body), createWriteStream(file));
  })
  .catch((error) => {
    console.error(error.cause?.code ?? error.cause?.message ?? error.message);
    process.exitCode = 1;
  });
`;

/**
 * Downloads the library into `folder`, verifies its hash and unpacks it. `TFJS_NODE_CDN_STORAGE` may name a mirror of
 * the server, and `TUNESMITH_PACKAGES` a folder that contains the archive.
 */
export async function fetchLibTensorFlow(
  archive: LibTensorFlow,
  folder: string,
  { signal, onProgress }: Pick<InstallContext, 'signal' | 'onProgress'>,
): Promise<TensorFlow> {
  await mkdir(folder, { recursive: true });
  const name = basename(archive.path);
  const expected = { algorithm: 'sha256', encoding: 'hex', hash: archive.sha256 } as const;
  const packages = process.env.TUNESMITH_PACKAGES;
  const kept = packages && join(packages, name);
  const file = kept && existsSync(kept) ? kept : join(folder, name);
  if (file === kept) await checkFile(file, name, packages!, expected);
  else {
    onProgress(0.2, `fetching its TensorFlow library (~${archive.megabytes} MB)`);
    const server = process.env.TFJS_NODE_CDN_STORAGE || SERVER;
    await download(new URL(archive.path, server.replace(/\/?$/, '/')), file, signal);
    await checkFile(file, name, new URL(server).host, expected);
  }
  onProgress(0.5, 'unpacking TensorFlow');
  const { code, stderr } = await runCommand('tar', ['-xzf', file, '-C', folder], { signal });
  if (code !== 0) throw new TrainingError(said('{0} could not be unpacked: {1}', name, stderr.trim().slice(-300)));
  if (file !== kept) await rm(file);
  const library = join(folder, 'lib', LIBRARY);
  if (!existsSync(library)) throw new TrainingError(said('{0} holds no {1}', name, LIBRARY));
  const include = join(folder, 'include');
  return {
    version: /\d+[._]\d+(\.\d+)?/.exec(name)![0].replace('_', '.'),
    folder: join(folder, 'lib'),
    library,
    include,
    cudaFolders: [],
    ours: true,
    dropHeaders: () => rm(include, { recursive: true, force: true }),
  };
}

async function download(url: URL, file: string, signal: AbortSignal): Promise<void> {
  const { code, stderr } = await runCommand(process.execPath, ['-e', FETCH, url.href, file], {
    signal,
    timeoutMs: 20 * 60_000,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_USE_ENV_PROXY: '1' },
  });
  if (code === 0) return;
  throw new TrainingError(
    said(
      'its TensorFlow library could not be fetched from {0} ({1}): "tunesmith backends install tensorflow-python" does without that server',
      url.host,
      stderr.trim().split('\n').at(-1) || 'no answer',
    ),
  );
}
