// Remakes the pictures of docs/examples.md: `node scripts/pictures.mjs [NAME…]`. Runs each example's search with WebAssembly
// (minutes) and photographs the panel in a real VS Code. The MNIST one takes hours, so it is made only when it is named.
import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, UserError } from './lib/log.mjs';
import { inProject, keptCacheFolder, root } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { runScript } from './lib/main.mjs';
import { projectEnv, projectNode } from './lib/project.mjs';
import { openSession } from './lib/session.mjs';
import { packageExtension } from './package.mjs';
import { ensureBrowser } from './setup/browser.mjs';
import { ensureEditor } from './setup/editor.mjs';

const PICTURES = {
  mlp: { file: 'mlp.tune.yaml', tab: 'insight' },
  regression: { file: 'penguins.tune.yaml', tab: 'insight' },
  sequences: { file: 'gates.tune.yaml', tab: 'charts', filter: 'val/a' },
  overfitting: { file: 'overfitting.tune.yaml', tab: 'charts', filter: 'loss', logY: true },
  optimizers: { file: 'optimizers.tune.yaml', tab: 'insight', card: 'surface' },
  mnist: { file: 'recipe.tune.yaml', tab: 'charts', filter: 'ra', backend: 'auto' },
};

async function main() {
  const named = process.argv.slice(2);
  for (const name of named)
    if (!PICTURES[name])
      throw new UserError(`There is no picture "${name}". Pictures: ${Object.keys(PICTURES).join(', ')}.`);
  const wanted = named.length > 0 ? named : Object.keys(PICTURES).filter((name) => name !== 'mnist');
  const session = openSession('pictures');
  try {
    const { file: vsix } = await step('Packaging', () => packageExtension());
    const [editor, browser] = [await ensureEditor('latest'), await ensureBrowser()];
    const base = session.env({ ...projectEnv(), TUNESMITH_HOME: keptCacheFolder('home') });
    const shots = [];
    for (const name of wanted) {
      const { backend = 'wasm', ...shot } = PICTURES[name];
      const folder = join(session.folder, name);
      cpSync(inProject('examples', name), folder, { recursive: true, filter: (path) => !path.includes('.tunesmith') });
      const env = { ...base, TUNESMITH_BACKEND: backend };
      const args = [inProject('bin', 'tunesmith.mjs'), 'search', shot.file];
      const done = spawnSync(projectNode, args, { cwd: folder, env, stdio: 'inherit' });
      if (done.status !== 0) throw new UserError(`The search of ${name} failed.`);
      shots.push({ ...shot, name: `example-${name}`, folder });
    }
    const list = join(session.folder, 'shots.json');
    writeFileSync(list, JSON.stringify(shots));
    const screenshots = inProject('docs', 'images');
    const setup = { latest: editor, browser, vsix, scratch: session.folder, screenshots, torch: {} };
    const cli = inProject('node_modules', '@playwright', 'test', 'cli.js');
    await run(projectNode, [cli, 'test', '--config', inProject('test', 'pictures', 'config.ts')], {
      cwd: root,
      env: { ...base, TUNESMITH_E2E: JSON.stringify(setup), TUNESMITH_SHOTS: list },
    });
  } finally {
    await session.close();
  }
}

await runScript(main);
