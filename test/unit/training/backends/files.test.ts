import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { saveWeights } from '../../../../src/training/checkpoints/checkpoint.js';
import { runCommand } from '../../../../src/training/files/command.js';
import { withLock } from '../../../../src/training/files/lock.js';
import { readTarball } from '../../../../src/training/files/tar.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith файлы '));
});

describe('lock', () => {
  it('admits one holder at a time', async () => {
    const path = join(folder, 'lock');
    let inside = 0;
    let most = 0;
    let waited = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await sleep(20);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, { onWait: () => waited++ }, work)));
    expect([most, waited]).toEqual([1, 2]);
    await expect(stat(path)).rejects.toThrow();
  });

  it('is released after an error', async () => {
    const path = join(folder, 'lock');
    await expect(withLock(path, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(path, {}, async () => 5)).toBe(5);
  });

  it('is taken over from a process that was killed', async () => {
    const path = join(folder, 'lock');
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'close');
    await writeFile(path, String(child.pid));
    await utimes(path, new Date(), new Date(Date.now() - 5_000));
    expect(await withLock(path, {}, async () => 'in')).toBe('in');
  });

  it('stops waiting when asked to', async () => {
    const path = join(folder, 'lock');
    await withLock(path, {}, async () => {
      await expect(withLock(path, { signal: AbortSignal.timeout(50) }, async () => 1)).rejects.toThrow();
    });
  });
});

describe('tarballs', () => {
  function entry(path: string, body: string, type = '0'): Buffer {
    const head = Buffer.alloc(512);
    head.write(path, 0);
    head.write(Buffer.byteLength(body).toString(8).padStart(11, '0'), 124);
    head.write(type, 156);
    return Buffer.concat([head, Buffer.from(body), Buffer.alloc((512 - (Buffer.byteLength(body) % 512)) % 512)]);
  }
  const pack = (...entries: Buffer[]) => gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));

  it('returns the requested files, also with long names, and nothing outside the package', () => {
    const long = `package/${'x'.repeat(150)}`;
    const tar = pack(
      entry('package/a', 'one'),
      entry('package/b', 'two'),
      entry('././@LongLink', `${long}\0`, 'L'),
      entry('short', 'three'),
      entry('package/../../evil', 'no'),
      entry('package/link', '', '2'),
    );
    const files = readTarball(tar, (path) => path !== 'package/b');
    expect([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])).toEqual([
      ['package/a', 'one'],
      [long, 'three'],
    ]);
  });

  it('refuses a truncated tarball', () => {
    const whole = Buffer.concat([entry('package/a', 'x'.repeat(600))]);
    expect(() => readTarball(gzipSync(whole.subarray(0, 700)), () => true)).toThrow(/cut short/);
  });
});

it('saves weights as safetensors atomically', async () => {
  const path = join(folder, 'deep', 'model.safetensors');
  const weights = [
    { name: 'w', shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
    { name: 'b', shape: [1], values: Float32Array.of(-1) },
  ];
  await saveWeights(path, weights, { note: 'é' });
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  expect(length % 8).toBe(0);
  expect(header).toEqual({
    __metadata__: { note: 'é', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    w: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    b: { dtype: 'F32', shape: [1], data_offsets: [16, 20] },
  });
  expect(bytes.readFloatLE(8 + length + 16)).toBe(-1);
  // If the folder can't be created, no partial file remains.
  await expect(saveWeights(join(path, 'x'), weights, {})).rejects.toThrow();
});

it('commands return their output and exit code, and are killed on time-out', async () => {
  const done = await runCommand(process.execPath, ['-e', 'console.log("a b"); console.error("c"); process.exit(3)']);
  expect(done).toMatchObject({ code: 3, stdout: 'a b\n', stderr: 'c\n' });
  const hung = await runCommand(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 300 });
  expect(hung.signal).toBe('SIGKILL');
  await expect(runCommand(join(folder, 'no such program'), [])).rejects.toThrow(/ENOENT/);
});
