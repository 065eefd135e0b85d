/** Whoever stands between a person and the registries can break an installation, but never put something else into it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installBackend } from '../../../../src/training/backends/index.js';
import { fetchLibTensorFlow } from '../../../../src/training/backends/native/libTensorFlow.js';
import { fetchTensorFlow } from '../../../../src/training/backends/native/tensorFlowLibraries.js';
import lock from '../../../../src/training/backends/webgpu/webgpu.lock.json';
import { npm, downloadPackage } from '../../../../src/training/files/npm.js';
import { LIBTENSORFLOW, TENSORFLOW_WHEELS } from '../../../../src/training/files/pinned.js';
import { skipBecause } from '../../support/skip.js';

const { '': project, ...below } = lock.packages;
let folder: string;
let mirror: Server;
let address: string;
/** Content that the mirror serves, by path. */
let served: Map<string, Buffer>;
let asked: string[];
const before = { ...process.env };
const context = { signal: new AbortController().signal, onProgress: () => undefined, python: null };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith-pinned-'));
  served = new Map();
  asked = [];
  mirror = createServer((request, response) => {
    const path = decodeURIComponent(request.url!);
    asked.push(path);
    const body = served.get(path);
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((done) => mirror.listen(0, '127.0.0.1', done));
  address = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/`;
  Object.assign(process.env, {
    TUNESMITH_HOME: join(folder, 'home'),
    npm_config_registry: address,
    npm_config_cache: join(folder, 'npm'),
    npm_config_fetch_retries: '0',
    TFJS_NODE_CDN_STORAGE: address,
  });
});
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  mirror.closeAllConnections();
  await new Promise((done) => mirror.close(done));
  rmSync(folder, { recursive: true, force: true });
});

/** Serves a package that the mirror has replaced, with metadata that matches it. */
async function serve(name: string, version: string): Promise<void> {
  const source = mkdtempSync(join(folder, 'source-'));
  writeFileSync(join(source, 'package.json'), JSON.stringify({ name, version }));
  writeFileSync(join(source, 'index.js'), 'throw new Error("something else");');
  await npm(['pack', '--silent', '--pack-destination', source], { cwd: source });
  const tarball = readFileSync(
    join(
      source,
      readdirSync(source).find((file) => file.endsWith('.tgz'))!,
    ),
  );
  const path = `/${name}/-/${version}.tgz`;
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const dist = { tarball: new URL(path, address).href, integrity };
  const versions = { [version]: { name, version, dist } };
  served.set(`/${name}`, Buffer.from(JSON.stringify({ name, 'dist-tags': { latest: version }, versions })));
  served.set(path, tarball);
}

describe('packages from npm', () => {
  it('refuses a tarball that a mirror has replaced, even if it matches the mirror’s own hash', async () => {
    await serve('node-api-headers', '1.5.0');
    await expect(downloadPackage('node-api-headers@1.5.0', folder)).rejects.toThrow(
      /^node-api-headers@1\.5\.0 from the npm registry is not the file that was published: its hash is .* instead of Yi\/FgnN8/,
    );
    expect(asked).toContain('/node-api-headers/-/1.5.0.tgz');
  });

  it('requests nothing without a pinned hash', async () => {
    await expect(downloadPackage('node-api-headers@1.4.0', folder)).rejects.toThrow('has no pinned hash');
    expect(asked).toEqual([]);
  });

  it('refuses a replaced WebGPU or any package below it, and leaves nothing installed', async () => {
    for (const [path, { version }] of Object.entries(below)) {
      await serve(path.replace(/^node_modules\//, ''), version);
    }
    await expect(installBackend('webgpu', context)).rejects.toThrow(
      /a package from the npm registry is not the file that was published: its hash is \S+ instead of \S+\. Nothing/,
    );
    expect(existsSync(join(folder, 'home', 'backends', 'webgpu'))).toBe(false);
  });

  it('pins every package below WebGPU by version and hash, wherever the registry is', () => {
    for (const version of Object.values(project.dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    for (const each of Object.values(below)) {
      expect(each.integrity).toMatch(/^sha512-/);
      expect(each).not.toHaveProperty('resolved');
    }
  });
});

describe('TensorFlow from a Python package index', () => {
  it('refuses a replaced wheel', async (task) => {
    if (process.platform === 'win32') skipBecause(task, 'this backend is not for Windows');
    const name = process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow_cpu' : 'tensorflow';
    const { version } = TENSORFLOW_WHEELS;
    const index = join(folder, 'index');
    const made = `
import sys, zipfile
name, version, folder = sys.argv[1:]
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
    info = f"{name}-{version}.dist-info"
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
    wheel.writestr("tensorflow/libtensorflow_cc.so.2", "something else")
`;
    mkdirSync(index);
    try {
      execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
    } catch {
      skipBecause(task, 'there is no python3 with pip');
    }
    execFileSync('python3', ['-c', made, name, version, index]);
    Object.assign(process.env, { PIP_NO_INDEX: '1', PIP_FIND_LINKS: index, PIP_CONFIG_FILE: '/dev/null' });
    await expect(fetchTensorFlow(context, join(folder, 'tensorflow'))).rejects.toThrow(
      new RegExp(
        `^${name} ${version} from the Python package index is not the file that was published: its hash is [0-9a-f]{64},`,
      ),
    );
    expect(existsSync(join(folder, 'tensorflow', 'tensorflow'))).toBe(false);
  });
});

describe('TensorFlow’s own archive', () => {
  const library = process.platform === 'darwin' ? 'libtensorflow.2.dylib' : 'libtensorflow.so.2';

  function archive(): Buffer {
    const source = join(folder, 'archive');
    mkdirSync(join(source, 'lib'), { recursive: true });
    mkdirSync(join(source, 'include', 'tensorflow', 'c'), { recursive: true });
    writeFileSync(join(source, 'lib', library), 'a library');
    writeFileSync(join(source, 'include', 'tensorflow', 'c', 'c_api.h'), 'a header');
    execFileSync('tar', ['-czf', join(folder, 'lib-2.9.1.tar.gz'), '-C', source, 'lib', 'include']);
    return readFileSync(join(folder, 'lib-2.9.1.tar.gz'));
  }
  const pinned = (bytes: Buffer) => ({
    path: 'some/lib-2.9.1.tar.gz',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    megabytes: 1,
  });

  it('is unpacked when its hash matches', async () => {
    const bytes = archive();
    served.set('/some/lib-2.9.1.tar.gz', bytes);
    const target = join(folder, 'target');
    const found = await fetchLibTensorFlow(pinned(bytes), target, context);
    expect(found).toMatchObject({ version: '2.9.1', ours: true, library: join(target, 'lib', library) });
    expect(readFileSync(found.library, 'utf8')).toBe('a library');
    expect(readdirSync(target).sort()).toEqual(['include', 'lib']);
    await found.dropHeaders();
    expect(readdirSync(target)).toEqual(['lib']);
  });

  it('is never unpacked when its hash differs, from a server or from a folder', async () => {
    const bytes = archive();
    const expected = pinned(bytes);
    served.set('/some/lib-2.9.1.tar.gz', Buffer.concat([bytes, Buffer.of(0)]));
    const wrong = /lib-2\.9\.1\.tar\.gz from \S+ is not the file that was published/;
    await expect(fetchLibTensorFlow(expected, join(folder, 'target'), context)).rejects.toThrow(wrong);
    expect(existsSync(join(folder, 'target', 'lib'))).toBe(false);
    writeFileSync(join(folder, 'lib-2.9.1.tar.gz'), 'no archive');
    process.env.TUNESMITH_PACKAGES = folder;
    await expect(fetchLibTensorFlow(expected, join(folder, 'target'), context)).rejects.toThrow(wrong);
    expect(existsSync(join(folder, 'target', 'lib'))).toBe(false);
  });

  it('names the server that lacks it, and alternatives', async () => {
    await expect(fetchLibTensorFlow(pinned(Buffer.of(1)), join(folder, 'target'), context)).rejects.toThrow(
      /could not be fetched from 127\.0\.0\.1:\d+ \(the server answers 404\): "tunesmith backends install tensorflow-python"/,
    );
  });

  it('is not downloaded for CUDA without an NVIDIA driver', async (task) => {
    if (existsSync('/dev/nvidiactl') || existsSync('/dev/dxg')) skipBecause(task, 'this machine has an NVIDIA driver');
    await expect(installBackend('tfjs-node-gpu', context)).rejects.toThrow(/no NVIDIA driver|no such package/);
    expect(asked).toEqual([]);
  });

  it('leaves a refused backend uninstalled', async (task) => {
    const expected = LIBTENSORFLOW[`cpu ${process.platform} ${process.arch}`];
    if (!expected) return skipBecause(task, `there is none for ${process.platform} on ${process.arch}`);
    served.set(`/${expected.path}`, archive());
    await expect(installBackend('tfjs-node', context)).rejects.toThrow('is not the file that was published');
    expect(existsSync(join(folder, 'home', 'backends', 'tfjs-node'))).toBe(false);
  });
});
