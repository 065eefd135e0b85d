import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installOnce } from '../../../scripts/lib/install.mjs';
import { sleep } from '../../../scripts/lib/process.mjs';

let base: string;
beforeEach(() => void (base = mkdtempSync(join(tmpdir(), 'tunesmith-install-'))));
afterEach(() => rmSync(base, { recursive: true, force: true }));

test('installs once, and not again', async () => {
  let times = 0;
  const work = async (folder: string) => {
    times++;
    writeFileSync(join(folder, 'tool'), 'ready');
  };
  await installOnce(join(base, 'tool'), work);
  await installOnce(join(base, 'tool'), work);
  expect(times).toBe(1);
  expect(readFileSync(join(base, 'tool', 'tool'), 'utf8')).toBe('ready');
});

test('what fails half-way leaves nothing that looks finished, and the next attempt starts afresh', async () => {
  const folder = join(base, 'tool');
  const broken = installOnce(folder, async (target: string) => {
    writeFileSync(join(target, 'half'), '');
    throw new Error('the network is gone');
  });
  await expect(broken).rejects.toThrow('the network is gone');
  expect(existsSync(folder)).toBe(false);
  await installOnce(folder, async (target: string) => {
    expect(existsSync(join(target, 'half'))).toBe(false);
  });
  expect(existsSync(folder)).toBe(true);
});

test('two at the same time do the work once', async () => {
  let times = 0;
  const work = async () => {
    times++;
    await sleep(300);
  };
  await Promise.all([installOnce(join(base, 'tool'), work), installOnce(join(base, 'tool'), work)]);
  expect(times).toBe(1);
});

test('a lock whose holder died is taken over', async () => {
  const { mkdirSync, utimesSync } = await import('node:fs');
  mkdirSync(join(base, 'tool.lock'));
  const beat = join(base, 'tool.lock', 'beat');
  writeFileSync(beat, '1');
  utimesSync(beat, new Date(0), new Date(0));
  await installOnce(join(base, 'tool'), async () => {});
  expect(existsSync(join(base, 'tool'))).toBe(true);
});
