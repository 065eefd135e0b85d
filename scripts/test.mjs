// `npm test [-- TIER…]`: installs what the tests need and runs lint, unit, python, host and e2e (or the tiers named).
// Runs on a fresh clone with any Node from 20 on. Ends with `N passed, N failed, N skipped`; see CONTRIBUTING.md.
import { mkdirSync } from 'node:fs';
import { bold, duration, fail, green, info, red, step, Unavailable, UserError, warn, yellow } from './lib/log.mjs';
import { inProject, keptCacheFolder, root } from './lib/paths.mjs';
import { runScript } from './lib/main.mjs';
import { projectEnv, projectNode } from './lib/project.mjs';
import { run } from './lib/process.mjs';
import { openSession } from './lib/session.mjs';
import { ensureBackend } from './setup/backend.mjs';
import { ensureBrowser } from './setup/browser.mjs';
import { EDITORS, ensureEditor } from './setup/editor.mjs';
import { ensureRay, ensureSshd, ensureSshfs } from './setup/hosts.mjs';
import { ensureTorch } from './setup/python.mjs';
import { add, check, emptyResult, summary } from './test/result.mjs';

const OPTIONS = ['--update-screenshots', '--keep'];
const TIERS = ['lint', 'unit', 'python', 'host', 'e2e'];

/** Words are tiers; what follows `--` goes to the test runner of the tier. */
function readArguments(args) {
  const at = args.indexOf('--');
  const own = at < 0 ? args : args.slice(0, at);
  const wanted = own.filter((word) => !word.startsWith('-'));
  for (const word of own) {
    if (word.startsWith('-') && !OPTIONS.includes(word))
      throw new UserError(
        `There is no option "${word}". Options: ${OPTIONS.join(', ')}; a test runner's own go after "--".`,
      );
  }
  for (const word of wanted) {
    if (!TIERS.includes(word)) throw new UserError(`There is no tier "${word}". Tiers: ${TIERS.join(', ')}.`);
  }
  return {
    tiers: wanted.length > 0 ? TIERS.filter((tier) => wanted.includes(tier)) : TIERS,
    screenshots: own.includes('--update-screenshots'),
    keep: own.includes('--keep'),
    rest: at < 0 ? [] : args.slice(at + 1),
  };
}

/** Its result, or why it can't be had; never rejects, so that it may run beside the tests. */
const attempt = (work) =>
  work().then(
    (value) => ({ value }),
    (error) => ({ reason: error.message, expected: error instanceof Unavailable }),
  );

async function main() {
  const { tiers, screenshots, keep, rest } = readArguments(process.argv.slice(2));
  const started = Date.now();
  const has = (...names) => names.some((name) => tiers.includes(name));
  const total = emptyResult();
  const session = openSession();
  mkdirSync(inProject('test-results'), { recursive: true });
  // Backends and data sets that tests use stay apart from the person's own, and stay between test runs.
  const env = () => session.env({ ...projectEnv(), TUNESMITH_HOME: keptCacheFolder('home') });

  try {
    await check(total, 'build', () =>
      step('Building', () =>
        run(projectNode, [inProject('esbuild.mjs')], {
          cwd: root,
          env: projectEnv(),
          output: 'quiet',
          timeout: 120_000,
        }),
      ),
    );
    const built = total.failed === 0;
    if (!built) fail(total.failures[0]);
    // Slow downloads run beside the checks that don't need them.
    const editors = attempt(async () => {
      if (!has('host', 'e2e')) return {};
      const browser = await ensureBrowser();
      const latest = await ensureEditor('latest');
      return { browser, latest };
    });
    const oldest = editors.then(() => attempt(async () => (has('host') ? ensureEditor('oldest') : undefined)));
    const torch = attempt(async () => (has('python', 'e2e') ? ensureTorch() : undefined));
    const backend = attempt(async () => (has('unit', 'host', 'e2e') ? ensureBackend(env()) : undefined));

    const sshd = attempt(async () => (has('unit') ? ensureSshd() : undefined));
    // One after the other: Debian's package manager works for one at a time.
    const sshfs = sshd.then(() => attempt(async () => (has('unit') ? ensureSshfs() : undefined)));
    const ray = attempt(async () => (has('unit') ? ensureRay() : undefined));

    const tier = async (name, work) => {
      const start = Date.now();
      console.log(`\n${bold(name)}`);
      if (!built && /^(host|e2e)/.test(name)) {
        add(total, { ...emptyResult(), failed: 1, failures: [`${name}: not run, because the build failed`] });
        return;
      }
      const result = await work().catch((error) => ({
        ...emptyResult(),
        failed: 1,
        failures: [`${name}: ${error.stack ?? error}`],
      }));
      add(total, result);
      console.log(
        `${result.failed > 0 ? red('✗') : green('✓')} ${name}: ${summary(result)} in ${duration(Date.now() - start)}`,
      );
      for (const failure of result.failures) fail(failure);
    };
    const unavailable = (name, { reason, expected }) => {
      warn(`${name} can't run here: ${reason}`);
      return {
        ...emptyResult(),
        ...(expected ? { skipped: [`${name} (${reason})`] } : { failed: 1, failures: [`${name}: ${reason}`] }),
      };
    };

    if (has('lint')) await tier('lint', async () => (await import('./test/lint.mjs')).lint());
    const gotBackend = await backend;
    if (gotBackend.reason) total.skipped.push(`native training backend (${gotBackend.reason})`);
    const [gotSshd, gotSshfs, gotRay] = [await sshd, await sshfs, await ray];
    if (gotSshd.reason) total.skipped.push(`SSH hosts (${gotSshd.reason})`);
    if (gotSshfs.reason) total.skipped.push(`network file systems (${gotSshfs.reason})`);
    if (gotRay.reason) total.skipped.push(`Ray (${gotRay.reason})`);
    const rayEnv = gotRay.value ? { TUNESMITH_TEST_RAY: gotRay.value } : {};
    if (has('unit'))
      await tier('unit', async () =>
        (await import('./test/unit.mjs')).unit({ env: { ...env(), ...rayEnv }, args: rest }),
      );
    const gotTorch = await torch;
    const torchFacts = { python: gotTorch.value, reason: gotTorch.reason };
    if (has('python'))
      await tier('python', async () => (await import('./test/python.mjs')).python({ env: env(), torch: torchFacts }));
    const gotEditors = await editors;
    const gotOldest = await oldest;
    if (has('host')) {
      const { host } = await import('./test/host.mjs');
      for (const [name, got] of [
        ['latest', gotEditors.value ? { value: gotEditors.value.latest } : gotEditors],
        ['oldest', gotOldest],
      ]) {
        const title = `host (VS Code ${EDITORS[name].vscode})`;
        await tier(title, async () =>
          got.reason || !gotEditors.value
            ? unavailable(title, got.reason ? got : gotEditors)
            : host({ name, editor: got.value, browser: gotEditors.value.browser, session, env: env() }),
        );
      }
    }
    if (has('e2e')) {
      await tier('e2e', async () => {
        if (gotEditors.reason) return unavailable('e2e', gotEditors);
        const { packageExtension } = await import('./package.mjs');
        const { file } = await step('Packaging', () => packageExtension({ build: false }));
        const setup = {
          ...gotEditors.value,
          vsix: file,
          scratch: session.folder,
          torch: torchFacts,
          screenshots: screenshots ? inProject('docs', 'images') : inProject('test-results', 'screenshots'),
        };
        return (await import('./test/e2e.mjs')).e2e({ env: env(), setup, args: rest });
      });
    }
  } finally {
    const left = await session.close({ grace: 3000, keep });
    // Engines stay for a minute in case a client returns; anything else should have ended.
    const others = left.filter((command) => !/engine\.cjs/.test(command));
    if (others.length > 0) {
      warn(`${others.length} processes were still there after the tests and were ended:`);
      for (const command of others.slice(0, 10)) info(command.slice(0, 160));
    }
  }

  console.log('');
  if (total.skipped.length > 0) {
    console.log(yellow('Skipped:'));
    for (const reason of total.skipped) info(reason.split('\n')[0]);
  }
  if (total.failures.length > 0) {
    console.log(red('Failed:'));
    for (const failure of total.failures) info(failure.split('\n')[0]);
  }
  console.log(`Took ${duration(Date.now() - started)}.`);
  console.log(summary(total));
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await runScript(main);
