/** The command line while the disk of the Tunesmith home, or every disk, is full. */
import * as path from 'node:path';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SmallDisk } from '../support/smallDisk.js';
import { Workspace } from './workspace.js';

const disk = SmallDisk.mount(4096);
let here: Workspace;
beforeAll(async () => {
  here = await Workspace.open({
    'plain.mjs': 'console.log("printed")\n',
    'x.tune.yaml': 'run: node plain.mjs {lr}\nparams: { lr: 1 }\n',
  });
});
afterAll(async () => {
  await here.dispose();
  disk?.unmount();
});

const folder = (name: string): string => {
  const made = path.join(disk!.folder, name);
  mkdirSync(made, { recursive: true, mode: 0o700 });
  return made;
};

it.skipIf(!disk)('works on with its state elsewhere, and says why', async () => {
  const env = { TUNESMITH_HOME: folder('home') };
  disk!.fill();
  try {
    const { code, err, out } = await here.tunesmith(['run', 'x.tune.yaml'], env);
    expect(err).toContain(
      `The Tunesmith home ${env.TUNESMITH_HOME} can't be used: its disk is full. Until that is fixed`,
    );
    expect(code).toBe(0);
    expect(out).toContain('completed');
    const status = await here.tunesmith(['engine', 'status'], env);
    expect(status.out).toContain('its disk is full');
  } finally {
    await here.tunesmith(['engine', 'stop', '--force'], env);
    disk!.free();
  }
});

it.skipIf(!disk)('says what to do where nothing can be written', async () => {
  const env = { TUNESMITH_HOME: folder('home2'), TMPDIR: folder('tmp'), XDG_RUNTIME_DIR: folder('run') };
  disk!.fill();
  try {
    const { code, err } = await here.tunesmith(['ls'], env);
    expect(code).toBe(1);
    expect(err).toMatch(
      /The Tunesmith home .* can't be used: its disk is full, and neither can .*Free some space, or set TUNESMITH_HOME/s,
    );
    expect(err.split('\n').length).toBeLessThan(4);
  } finally {
    disk!.free();
  }
});

it.skipIf(!disk)('tells whose disk is full when only the workspace has no room', async () => {
  const workspace = folder('work');
  disk!.fill();
  try {
    const { code, err } = await here.tunesmith(['ls', '--workspace', workspace]);
    if (code !== 0) expect(err).toContain(workspace);
    expect(err).toMatch(/full|No runs/);
  } finally {
    await here.tunesmith(['engine', 'stop', '--force', '--workspace', workspace]);
    disk!.free();
  }
});
