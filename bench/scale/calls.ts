/** Counts and times the requests to Slurm: programs of the same names, put before Slurm's own on the PATH. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { spawnSync } from 'node:child_process';

const PROGRAMS = ['sbatch', 'squeue', 'scancel', 'sacct', 'sinfo'] as const;

export interface Call {
  program: string;
  /** Seconds since the epoch. */
  at: number;
  seconds: number;
}

/** Returns a folder for the front of the PATH; `log` gets a line for each request. */
export function countingPrograms(folder: string, log: string): string {
  fs.mkdirSync(folder, { recursive: true });
  for (const program of PROGRAMS) {
    const real = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
    const script = `#!/bin/bash\nbegan=$EPOCHREALTIME\n'${real}' "$@"\ncode=$?\necho "${program} $began $EPOCHREALTIME" >> '${log}'\nexit $code\n`;
    fs.writeFileSync(path.join(folder, program), script, { mode: 0o755 });
  }
  return folder;
}

export function readCalls(log: string): Call[] {
  if (!fs.existsSync(log)) return [];
  const lines = fs.readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [program, began, ended] = line.split(' ') as [string, string, string];
    return { program, at: Number(began), seconds: Number(ended) - Number(began) };
  });
}
