import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../../../scripts/lib/process.mjs';
import { findNpm, npm } from '../../../../src/training/files/npm.js';
import { npmEnvironment } from '../../../../src/training/files/npmEnvironment.mjs';

/** Variables that npm 11 under Node 20 adds to the environment of a script. */
const OUTER = {
  npm_config_user_agent: 'npm/11.19.1 node/v20.20.2 linux x64 workspaces/false',
  npm_config_local_prefix: '/project',
  npm_config_global_prefix: '/usr',
  npm_config_node_gyp: '/usr/lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js',
  npm_config_npm_version: '11.19.1',
  npm_config_loglevel: 'silent',
  npm_config_dry_run: 'true',
  npm_config_workspace: 'one',
  npm_command: 'test',
  npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js',
  npm_node_execpath: '/usr/bin/node',
  npm_lifecycle_event: 'test',
  npm_lifecycle_script: 'node scripts/test.mjs',
  npm_package_json: '/project/package.json',
  npm_package_version: '1.0.0',
  INIT_CWD: '/project',
  NODE: '/usr/bin/node',
};

/** Settings that a person needs, in the forms that npm accepts. */
const PERSON = {
  npm_config_registry: 'https://packages.example.com/npm/',
  NPM_CONFIG_HTTPS_PROXY: 'http://proxy.example.com:3128',
  'npm_config_strict-ssl': 'false',
  npm_config_cafile: '/etc/ssl/company.pem',
  npm_config_cache: '/big/disk/npm',
  npm_config_userconfig: '/home/one/.npmrc',
  npm_config_globalconfig: '/usr/etc/npmrc',
  npm_config_nodedir: '/usr',
  npm_config_ignore_scripts: 'true',
  'npm_config_@company:registry': 'https://packages.example.com/company/',
  'npm_config_//packages.example.com/:_authToken': 'secret',
  npm_config__auth: 'secret',
  HTTPS_PROXY: 'http://proxy.example.com:3128',
  NODE_OPTIONS: '--use-openssl-ca',
  NODE_EXTRA_CA_CERTS: '/etc/ssl/company.pem',
  PATH: '/usr/bin',
};

it('drops an outer npm’s variables about itself, its package and its options', () => {
  expect(npmEnvironment({ ...OUTER, ...PERSON })).toEqual(PERSON);
});

describe('an npm within an npm', () => {
  let folder: string;
  const before = { ...process.env };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tunesmith-npm-'));
    const script = 'const e = process.env; console.log(JSON.stringify([e.npm_config_user_agent, e.npm_config_cache]))';
    writeFileSync(join(folder, 'say.cjs'), script);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'inner', scripts: { say: 'node say.cjs' } }));
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives scripts its own Node, runs despite an outer dry run, and keeps the person’s cache', async () => {
    Object.assign(process.env, OUTER, { npm_config_cache: join(folder, 'cache'), npm_config_dry_run: 'true' });
    const said = await npm(['run', 'say'], { cwd: folder });
    const [agent, cache] = JSON.parse(/^\[.*\]$/m.exec(said)![0]) as [string, string];
    expect(agent).toContain(`node/${process.version} `);
    expect(agent).not.toContain('v20.20.2');
    expect(cache).toBe(join(folder, 'cache'));
  });

  // The npm beside the running Node takes precedence, if there is one.
  const hasOwn = existsSync(join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm'));
  it.skipIf(process.platform === 'win32' || hasOwn)(
    'keeps the global configuration of the npm that the person installed',
    async () => {
      const [, real] = findNpm()!;
      // An npm that was installed with another Node, whose global configuration names a registry.
      const prefix = join(folder, 'installed');
      const script = join(prefix, 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
      mkdirSync(dirname(script), { recursive: true });
      mkdirSync(join(prefix, 'bin'));
      mkdirSync(join(prefix, 'etc'));
      writeFileSync(script, `require(${JSON.stringify(real)});`);
      writeFileSync(join(prefix, 'etc', 'npmrc'), 'registry=https://packages.example.com/npm/\n');
      for (const name of Object.keys(process.env)) if (/^npm_config_/i.test(name)) delete process.env[name];
      delete process.env.PREFIX;
      process.env.npm_config_userconfig = join(folder, 'none');
      process.env.PATH = join(prefix, 'bin');
      const said = await npm(['config', 'get', 'registry'], { cwd: folder });
      expect(said.trim()).toBe('https://packages.example.com/npm/');
    },
  );
});

it('the project’s scripts start programs without the variables of the npm that started them', async () => {
  const program =
    "import('./scripts/lib/process.mjs').then(({ run }) => run('node', ['-p', 'JSON.stringify(process.env)'], { output: 'quiet' }))" +
    '.then(({ output }) => console.log(output))';
  const { output } = await run(process.execPath, ['-e', program], {
    env: { ...process.env, ...OUTER, npm_config_registry: 'https://packages.example.com/npm/' },
    output: 'quiet',
  });
  const inner = JSON.parse(output.trim()) as Record<string, string>;
  expect(Object.keys(inner).filter((name) => name in OUTER)).toEqual([]);
  expect(inner.npm_config_registry).toBe('https://packages.example.com/npm/');
});
