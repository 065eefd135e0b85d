import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Unavailable } from '../../../scripts/lib/log.mjs';
import { openSession } from '../../../scripts/lib/session.mjs';
import { findDesktop, testDesktop } from '../../../scripts/test/desktop.mjs';

let session: ReturnType<typeof openSession>;
beforeEach(() => void (session = openSession('desktop-unit')));
afterEach(async () => {
  vi.unstubAllEnvs();
  await session.close();
});

test('VSCODE_PATH is taken at its word, and must exist', async () => {
  vi.stubEnv('VSCODE_PATH', process.execPath);
  expect(await findDesktop()).toBe(process.execPath);
  vi.stubEnv('VSCODE_PATH', join(session.folder, 'nowhere'));
  await expect(findDesktop()).rejects.toThrow(/VSCODE_PATH names .*nowhere, which does not exist/);
});

test('without a download, it says what to do instead', async () => {
  vi.stubEnv('VSCODE_PATH', undefined);
  vi.stubEnv('TUNESMITH_CACHE', session.folder);
  // A proxy that refuses every connection, so that nothing is downloaded on a connected machine either.
  for (const name of ['npm_config_proxy', 'npm_config_https_proxy']) vi.stubEnv(name, 'http://127.0.0.1:1');
  const error: unknown = await findDesktop().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Unavailable);
  expect((error as Error).message).toMatch(
    /^VS Code could not be downloaded \(.+\)\. Name an installed one in VSCODE_PATH, or use `npm test -- host`\.$/,
  );
});

// No desktop VS Code runs where these tests do. What it would be started with, and what is made of its end, can be seen all the same.
describe.skipIf(process.platform === 'win32')('an editor', () => {
  function program(body: string): string {
    const file = join(session.folder, 'editor');
    writeFileSync(
      file,
      `#!${process.execPath}\nconst fs = require('node:fs');\nconst { env, argv } = process;\n${body}`,
    );
    chmodSync(file, 0o755);
    return file;
  }

  test('is started on a workspace with the extension and its tests, and its report counts', async () => {
    vi.stubEnv('ELECTRON_RUN_AS_NODE', '1');
    const seen = join(session.folder, 'seen.json');
    const executable = program(`
      fs.writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ argv: argv.slice(2), node: env.ELECTRON_RUN_AS_NODE }));
      fs.writeFileSync(env.TUNESMITH_HOST_RESULTS, JSON.stringify({ passed: 2, failures: ['one: wrong'], skipped: ['two'] }));
      process.exitCode = 1;`);
    expect(await testDesktop({ executable, session })).toEqual({
      passed: 2,
      failed: 1,
      failures: ['desktop: one: wrong'],
      skipped: ['desktop: two'],
    });
    const { argv, node } = JSON.parse(readFileSync(seen, 'utf8')) as { argv: string[]; node?: string };
    expect(node).toBeUndefined();
    expect(existsSync(join(argv[0]!, 'digits.tune.yaml'))).toBe(true);
    const option = (name: string) => argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
    expect(existsSync(join(option('extensionDevelopmentPath')!, 'package.json'))).toBe(true);
    expect(existsSync(option('extensionTestsPath')!)).toBe(true);
    expect(existsSync(join(option('user-data-dir')!, 'User', 'settings.json'))).toBe(true);
    expect(option('extensions-dir')).toContain(session.folder);
  });

  test('that ends without a report has failed', async () => {
    const result = await testDesktop({ executable: program('process.exitCode = 7;'), session });
    expect(result.failures.join()).toMatch(/desktop: .*editor ended before the tests did: .*7/);
    expect(result.failed).toBe(1);
  });
});
