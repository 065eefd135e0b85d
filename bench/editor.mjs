// `node bench/editor.mjs`: size of the VSIX, time the extension takes to activate, and time from pressing Run to the first point on
// the screen, in a real VS Code. Each is the median of several.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageExtension } from '../scripts/package.mjs';
import { step } from '../scripts/lib/log.mjs';
import { inProject, keptCacheFolder, root } from '../scripts/lib/paths.mjs';
import { runScript } from '../scripts/lib/main.mjs';
import { projectEnv, projectNode } from '../scripts/lib/project.mjs';
import { run } from '../scripts/lib/process.mjs';
import { openSession } from '../scripts/lib/session.mjs';
import { ensureBackend } from '../scripts/setup/backend.mjs';
import { ensureBrowser } from '../scripts/setup/browser.mjs';
import { ensureEditor } from '../scripts/setup/editor.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const spread = (values) => `${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)}`;

async function main() {
  const session = openSession('bench');
  try {
    const env = session.env({ ...projectEnv(), TUNESMITH_HOME: keptCacheFolder('home') });
    const browser = await ensureBrowser();
    const latest = await ensureEditor('latest');
    const packed = await step('Packaging', () => packageExtension());
    const backend = await ensureBackend(env).catch((error) => `none native (${error.message.split('\n')[0]})`);
    const results = join(session.folder, 'results.json');
    const setup = {
      latest,
      browser,
      vsix: packed.file,
      scratch: session.folder,
      screenshots: session.folder,
      torch: {},
    };
    const cli = inProject('node_modules', '@playwright', 'test', 'cli.js');
    await step('Measuring', () =>
      run(projectNode, [cli, 'test', '--config', inProject('bench', 'editor.config.ts')], {
        cwd: root,
        env: { ...env, TUNESMITH_E2E: JSON.stringify(setup), TUNESMITH_BENCH_RESULTS: results },
        output: 'quiet',
        timeout: 9 * 60_000,
      }),
    );
    const { activation, firstPoint } = JSON.parse(readFileSync(results, 'utf8'));
    const bytes = ({ name }) => packed.entries.find((entry) => entry.name === name)?.size ?? 0;
    const rows = [
      ['VSIX', `${(packed.bytes / 1e6).toFixed(2)} MB`, `${packed.entries.length} files`],
      [
        'extension.cjs',
        `${(bytes({ name: 'extension/dist/extension.cjs' }) / 1e3).toFixed(0)} kB`,
        'what activation loads',
      ],
      ['activation', `${median(activation).toFixed(0)} ms`, `${spread(activation)}, VS Code ${latest.version}`],
      [
        'Run to first point on screen',
        `${median(firstPoint).toFixed(0)} ms`,
        `${spread(firstPoint)}, backend ${backend}`,
      ],
    ];
    console.log('');
    for (const [what, value, note] of rows) console.log(`${what.padEnd(30)} ${value.padStart(10)}   ${note}`);
  } finally {
    await session.close();
  }
}

await runScript(main);
