import type { Call } from './calls.js';

export interface Measured {
  trials: number;
  parallel: number;
  /** From the start of the search to its end. */
  seconds: number;
  completed: number;
  /** Runs whose three records are stored. */
  counted: number;
  memory: { done: number; mib: number }[];
  /** Seconds since the epoch. */
  since: number;
  calls: Call[];
  peer: { jobs: number; seconds: number };
}

export function report(measured: Measured): { markdown: string; faults: string[] } {
  const { trials, parallel, seconds, completed, counted, memory, calls, peer } = measured;
  const minutes = seconds / 60;
  const ours = seconds / trials;
  const theirs = peer.seconds / peer.jobs;
  const at = (share: number): number => memory.find(({ done }) => done >= share * trials)?.mib ?? memory.at(-1)!.mib;
  const perMinute = (program: string): string => {
    const count = calls.filter((call) => call.program === program).length;
    return `| \`${program}\` | ${count} | ${(count / minutes).toFixed(1)} | ${(count / trials).toFixed(2)} |`;
  };
  const markdown = [
    '| Trials | Submitted at once | Seconds | Trials per minute | Seconds per trial | The same jobs without Tunesmith | Overhead per trial |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    `| ${trials} | ${parallel} | ${seconds.toFixed(0)} | ${(trials / minutes).toFixed(0)} | ${ours.toFixed(3)} s | ${theirs.toFixed(3)} s (${peer.jobs} jobs) | ${(ours - theirs).toFixed(3)} s |`,
    '',
    '| Request | Count | Per minute | Per trial |',
    '| --- | --- | --- | --- |',
    ...['sbatch', 'squeue', 'scancel', 'sinfo', 'sacct'].map(perMinute),
    '',
    '| Trials done | Memory of the engine |',
    '| --- | --- |',
    ...[0.1, 0.25, 0.5, 0.75, 1].map((share) => `| ${Math.round(share * trials)} | ${at(share).toFixed(0)} MiB |`),
    '',
    '| Time of a poll (`squeue`), median | |',
    '| --- | --- |',
    `| first third | ${pollMs(measured, 0, 1 / 3)} |`,
    `| last third | ${pollMs(measured, 2 / 3, 1)} |`,
    '',
  ].join('\n');
  const faults = [
    ...(completed === trials ? [] : [`only ${completed} of ${trials} trials are completed`]),
    ...(counted === trials ? [] : [`only ${counted} of ${trials} trials have all their records`]),
  ];
  return { markdown, faults };
}

function pollMs({ calls, since, seconds }: Measured, from: number, to: number): string {
  const times = calls
    .filter(({ program, at }) => program === 'squeue' && at >= since + from * seconds && at < since + to * seconds)
    .map((call) => call.seconds * 1000)
    .sort((a, b) => a - b);
  return times.length === 0
    ? 'none was needed'
    : `${times[Math.floor(times.length / 2)]!.toFixed(0)} ms (of ${times.length})`;
}
