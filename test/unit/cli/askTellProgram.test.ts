/** `tunesmith ask-tell` as a process of its own, and the example of docs/ask-tell.md as it stands there. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
const local = path.join(root, 'node_modules/.bin/node');
const node = existsSync(local) ? local : process.execPath;
let folder: string;
let cli: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'ask tell '));
  cli = path.join(folder, 'cli.cjs');
  await build({
    entryPoints: [path.join(root, 'src/cli/main.ts')],
    outfile: cli,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const INIT = '{"init":{"space":{"x":{"uniform":[0,1]}}}}';

it('answers, and ends with its input, the last line without a newline', () => {
  const { stdout, stderr, status } = spawnSync(node, [cli, 'ask-tell'], {
    input: `${INIT}\r\n{"ask":{}}`,
    encoding: 'utf8',
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([{ ok: true }, { trials: [{ id: 0 }] }]);
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

it('ends quietly when nobody reads on', async () => {
  const child = spawn(node, [cli, 'ask-tell'], { stdio: 'pipe' });
  let errors = '';
  child.stderr.on('data', (text) => (errors += String(text)));
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${INIT}\n`);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.destroy();
  const timer = setInterval(() => child.stdin.write('{"ask":{}}\n'), 10);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
});

it.skipIf(process.platform === 'win32')('is driven by the example of its page', () => {
  const page = readFileSync(path.join(root, 'docs/ask-tell.md'), 'utf8');
  const example = /```python\n([^]*?)```/.exec(page)![1]!;
  const command = path.join(folder, 'tunesmith');
  writeFileSync(command, `#!/bin/sh\nexec "${node}" "${cli}" "$@"\n`);
  chmodSync(command, 0o755);
  const env = { ...process.env, PATH: `${folder}${path.delimiter}${process.env.PATH}` };
  const python = process.env.TUNESMITH_PYTHON ?? 'python3';
  const { stdout, stderr, status } = spawnSync(python, ['-c', example], { env, encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const best = /'layers': (\d+).*'values': \[([^\]]+)\]/.exec(stdout);
  expect(best?.[1]).toBe('3');
  expect(Number(best?.[2])).toBeLessThan(0.01);
});
