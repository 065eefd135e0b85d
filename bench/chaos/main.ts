import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { play } from './play.js';
import { report } from './report.js';
import { SlurmVictims } from './slurm.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string', default: 'python3' },
    dist: { type: 'string' },
    folder: { type: 'string' },
    root: { type: 'string' },
    slurm: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const began = Date.now();
const workspace = fs.realpathSync(fs.mkdtempSync(path.join(values.folder!, 'chaos-')));
process.env.TUNESMITH_HOME = path.join(workspace, 'home');

async function main(): Promise<void> {
  const slurm = values.slurm ? await SlurmVictims.start(values.folder!, values.root!) : undefined;
  try {
    await playAndReport(slurm);
  } finally {
    await slurm?.stop();
  }
}

async function playAndReport(slurm: SlurmVictims | undefined): Promise<void> {
  const played = await play({
    workspace,
    slurm,
    dist: values.dist!,
    kills: Number(values.kills),
    seed: Number(values.seed),
    python: values.python,
    say: (text) => console.log(`${Math.round((Date.now() - began) / 1000)} s: ${text}`),
  });
  const { markdown, faults } = report(played);
  for (const job of (await slurm?.jobsLeft()) ?? []) {
    const run = played.fates.find(({ id }) => job.includes(`tunesmith-${id}-`));
    faults.push(
      `left in Slurm: ${job}; its run is ${run ? `${run.status} (${run.error ?? 'no error'})` : 'not known'}`,
    );
  }
  console.log(markdown);
  for (const fault of faults) console.log(fault);
  if (values.out) fs.writeFileSync(values.out, markdown);
  if (faults.length === 0) fs.rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
  else console.log(`Left to be looked at: ${workspace}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => process.exit());
