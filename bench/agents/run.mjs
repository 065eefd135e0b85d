// Ten tuning tasks by a scripted agent, with the tools and with a shell: `node bench/agents/run.mjs --help`.
import * as path from 'node:path';
import { argsOrHelp, bundle, finish, root } from '../starter.mjs';

const HELP = `node bench/agents/run.mjs [OPTION …]

Lets a scripted agent tune ten small trainings on real data twice: through \`tunesmith mcp\`, and by shell commands alone.
Both try as many values, drawn at random from the same ranges, and both write the best ones into a file. Prints acts, wall
time and the result over fresh seeds of both. Build first: node esbuild.mjs

  --trials N   values that each tries (24)
  --seed N     of the draws (1)
  --out FILE   writes the table there, too
`;
const args = argsOrHelp(HELP);
const out = path.join(root, '.cache/agents');
await bundle({ main: 'bench/agents/main.ts' }, out);
finish(path.join(out, 'main.cjs'), ['--root', root, ...args]);
