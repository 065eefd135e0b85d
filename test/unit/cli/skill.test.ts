/** The skill file, tested by playing its commands: what it teaches must work. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOOL_NAMES } from '../../../src/tools/names.js';
import { COMMANDS } from '../../../src/cli/commands/index.js';
import { Workspace } from './workspace.js';

const SKILL = path.resolve(import.meta.dirname, '../../../media/skill/SKILL.md');
const text = readFileSync(SKILL, 'utf8');
const commands = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trim().split('\n'));

const TRAIN = `
import { appendFileSync } from 'node:fs';
const [lr, seed] = process.argv.slice(2).map(Number);
for (let step = 0; step < 5; step++)
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values: { loss: (lr - 0.1) ** 2 + 1 / (step + 1) + seed / 1e9 } }) + '\\n');
console.log('trained');
`;
const FILE = `name: taught
run: node train.mjs {lr} {seed}
params: { lr: 0.5 }
objective: { metric: loss, goal: minimize }
search:
  sampler: random
  space: { lr: { uniform: [0, 1] } }
`;

describe.sequential('the skill file', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await Workspace.open({ 'train.mjs': TRAIN, 'taught.tune.yaml': FILE });
    const media = path.join(workspace.folder, '../media/skill');
    mkdirSync(media, { recursive: true });
    copyFileSync(SKILL, path.join(media, 'SKILL.md'));
    await workspace.tunesmith(['run', 'taught.tune.yaml']);
  }, 60_000);
  afterAll(() => workspace.dispose());

  it('is what tunesmith skill prints', async () => {
    expect(await workspace.tunesmith(['skill'])).toMatchObject({ code: 0, out: `${text.trimEnd()}\n` });
    expect(text).toMatch(/^---\nname: tunesmith\ndescription: .+\n---\n/);
  });

  it('names only tools and commands that exist', () => {
    const words = [...text.matchAll(/`([a-z]+(?:_[a-z]+)+)(?=`)/g)].map(([, word]) => word!);
    const inAnswers = ['still_to_gain'];
    expect(words.filter((word) => !(TOOL_NAMES as readonly string[]).includes(word))).toEqual(inAnswers);
    expect(words.length).toBeGreaterThan(12);
    const named = [...text.matchAll(/(?:^|`)tunesmith ([a-z-]+)/gm)].map(([, word]) => word!);
    for (const word of named) expect(COMMANDS.map(({ name }) => name)).toContain(word);
    expect(named).toContain('allow');
  });

  it('has commands, all of which work', async () => {
    expect(commands.length).toBeGreaterThan(8);
    for (const line of commands) {
      const filled = line.replace('FILE', 'taught.tune.yaml').replace('METRIC', 'loss').replace('NAME=VALUE', 'lr=0.2');
      const [, ...args] = filled.split(' ');
      const { code, err } = await workspace.tunesmith(args);
      // Eight trials are too few to tell what matters, which it says.
      if (args[0] === 'importance' && code === 1) expect(err).toMatch(/trials/);
      else expect(code, `${filled}: ${err}`).toBe(0);
    }
  });
});
