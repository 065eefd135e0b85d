/** Compares backends with WebAssembly by the losses of the first steps of the same trainings. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Losses by network; a text: why there are none. */
export type Losses = Record<string, number[] | string>;

/** Rounding differs, and Adam's first steps magnify it; a wrong kernel differs by more. */
const TOLERANCE = 0.01;

/** Each network in a process of its own, which a faulty driver may crash. */
export function firstLosses(here: string, backend: string, nets: string[]): Losses {
  const losses: Losses = {};
  for (const net of nets) {
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, [join(here, 'losses.cjs'), backend, net], {
      encoding: 'utf8',
      timeout: 5 * 60_000,
    });
    const line = stdout.split('\n').find((one) => one.startsWith('['));
    losses[net] =
      status === 0 && line
        ? (JSON.parse(line) as number[])
        : (stderr.trim().split('\n').at(-1) || signal || `exit code ${status}`).slice(0, 300);
  }
  return losses;
}

/** In words: `same losses as wasm`, or what differs. */
export function compareLosses(expected: Losses, found: Losses): string {
  const problems: string[] = [];
  for (const [net, wanted] of Object.entries(expected)) {
    const got = found[net]!;
    if (typeof wanted === 'string') problems.push(`${net}: wasm failed: ${wanted}`);
    else if (typeof got === 'string') problems.push(`${net}: failed: ${got}`);
    else {
      const worst = Math.max(
        ...wanted.map((loss, i) => Math.abs(loss - (got[i] ?? NaN)) / Math.max(1, Math.abs(loss))),
      );
      if (!(worst <= TOLERANCE)) problems.push(`${net}: losses differ by ${worst.toPrecision(2)}`);
    }
  }
  return problems.length ? problems.join('; ') : 'trains as WebAssembly does';
}
