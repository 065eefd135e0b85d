// The host tier: mocha inside the extension host of a real VS Code, opened in a headless Chromium.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEditor, writeSettings } from '../lib/editorServer.mjs';
import { dim, info } from '../lib/log.mjs';
import { inProject } from '../lib/paths.mjs';
import { sleep } from '../lib/process.mjs';
import { emptyResult } from './result.mjs';

const LIMIT = 6 * 60_000;

/** Bundles test/host into out/host as CommonJS, which is what an extension host loads. */
export async function bundleHostTests() {
  const source = inProject('test', 'host');
  const out = inProject('out', 'host');
  if (!existsSync(join(source, 'index.ts'))) return undefined;
  const tests = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  const esbuild = await import('esbuild');
  rmSync(out, { recursive: true, force: true });
  await esbuild.build({
    entryPoints: ['index.ts', ...tests].map((name) => join(source, name)),
    outdir: out,
    outbase: source,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');
  return join(out, 'index.js');
}

/** Runs the host tests in one editor (`{ name, editor }`). */
export async function host({ name, editor, browser, session, env }) {
  const result = emptyResult();
  const tests = await bundleHostTests();
  if (!tests) {
    result.failed++;
    result.failures.push('host: test/host/index.ts is missing');
    return result;
  }
  const base = join(session.folder, `host-${name}`);
  const workspace = join(base, 'work space é');
  const report = join(base, 'results.json');
  mkdirSync(base, { recursive: true });
  cpSync(inProject('examples', 'digits'), workspace, { recursive: true });
  await writeSettings(join(base, 'editor'));
  const server = await startEditor(editor, join(base, 'editor'), {
    env: { ...env, TUNESMITH_HOST_RESULTS: report, TUNESMITH_HOST_WORKSPACE: workspace },
  });
  const { chromium } = await import('@playwright/test');
  const window = await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] });
  let problem = '';
  try {
    const page = await window.newPage({ viewport: { width: 1400, height: 900 } });
    page.on('console', (message) => {
      // The extension host's output has its colors as `%c INFO color: #33f …`.
      const told = /[✓✗] .*/s.exec(message.text())?.[0];
      if (told) info(dim(told.trimEnd()));
      else if (process.env.TUNESMITH_HOST_DEBUG) info(dim(message.text()));
    });
    page.on('crash', () => (problem = 'the browser page crashed'));
    await page.goto(
      server.url(workspace, [
        ['extensionDevelopmentPath', server.resource(inProject())],
        ['extensionTestsPath', server.resource(tests)],
      ]),
    );
    const end = Date.now() + LIMIT;
    while (!existsSync(report) && !problem) {
      if (Date.now() > end) problem = `no result within ${LIMIT / 60_000} minutes`;
      await sleep(200);
    }
    if (problem) await page.screenshot({ path: inProject('test-results', `host-${name}.png`) }).catch(() => {});
  } finally {
    await window.close().catch(() => {});
    server.stop();
  }
  if (problem) {
    result.failed++;
    result.failures.push(`host ${name}: ${problem}\n${server.log().slice(-2000)}`);
    return result;
  }
  return readReport(`host ${name}`, report);
}

/** The result that the extension host has written. */
export function readReport(title, report) {
  const told = JSON.parse(readFileSync(report, 'utf8'));
  const result = {
    passed: told.passed,
    failed: told.failures.length,
    failures: told.failures.map((failure) => `${title}: ${failure}`),
    skipped: told.skipped.map((test) => `${title}: ${test}`),
  };
  if (told.passed + told.failures.length === 0) {
    result.failed++;
    result.failures.push(`${title}: no test was found`);
  }
  return result;
}
