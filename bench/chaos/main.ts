import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { play } from './play.js';
import { report } from './report.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string', default: 'python3' },
    dist: { type: 'string' },
    folder: { type: 'string' },
    out: { type: 'string' },
  },
});
const began = Date.now();
const workspace = fs.realpathSync(fs.mkdtempSync(path.join(values.folder!, 'chaos-')));
process.env.TUNESMITH_HOME = path.join(workspace, 'home');

void play({
  workspace,
  dist: values.dist!,
  kills: Number(values.kills),
  seed: Number(values.seed),
  python: values.python,
  say: (text) => console.log(`${Math.round((Date.now() - began) / 1000)} s: ${text}`),
}).then(({ ...played }) => {
  const { markdown, faults } = report(played);
  console.log(markdown);
  for (const fault of faults) console.log(fault);
  if (values.out) fs.writeFileSync(values.out, markdown);
  if (faults.length === 0) fs.rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
  else console.log(`Left to be looked at: ${workspace}`);
  process.exit(faults.length === 0 ? 0 : 1);
});
