import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { BOUNDARIES } from './boundaries.js';
import { play } from './play.js';
import { reportOf, tableOf } from './report.js';
import type { Tally } from './types.js';

const HELP = `node bench/fuzz/run.mjs [OPTION …]

Plays hostile inputs at every boundary of Tunesmith, where files, lines and messages come in. Ends with a table, and with
exit code 1 if anything crashed, hung, or took more time or memory than it may.

  --inputs N       at each boundary (6000: about 110,000 in all)
  --seed N         other inputs (1)
  --boundary NAME  this one only
  --only INDEX     this input only: to look at a crash
  --report FILE    writes the table there
`;
const options = new Map<string, string>();
for (let i = 2; i < process.argv.length; i += 2) options.set(process.argv[i]!, process.argv[i + 1] ?? '');
if (options.has('--help')) {
  console.log(HELP);
  process.exit(0);
}
const seed = Number(options.get('--seed') ?? 1);
const inputs = Number(options.get('--inputs') ?? 6000);
const only = options.get('--only');
const chosen = BOUNDARIES.filter(({ name }) => [undefined, name].includes(options.get('--boundary')));
async function main(): Promise<void> {
  const started = Date.now();
  const tallies: Tally[] = [];
  for (const { name } of chosen) {
    const [from, to] = only === undefined ? [0, inputs] : [Number(only), Number(only) + 1];
    const tally = await play(name, path.join(__dirname, 'worker.cjs'), seed, from, to);
    tallies.push(tally);
    for (const { index, message } of tally.crashes.slice(0, 5)) console.error(`${name}, input ${index}: ${message}`);
  }
  console.log(tableOf(tallies));
  const file = options.get('--report');
  if (file) writeFileSync(file, reportOf(tallies, { seed, seconds: (Date.now() - started) / 1000 }));
  process.exit(tallies.some(({ crashes }) => crashes.length > 0) ? 1 : 0);
}
void main();
