/** Observes a program without a Tunesmith client: its output and its use of the machine. */
import { join } from 'node:path';
import { readReal } from '../../../files/real.js';
import { launchFile, RUN_FILES } from '../../../protocol/run/runFiles.js';
import type { Program } from '../program.js';
import { launchRecord } from '../journal.js';
import { captureOf, type ProgramSpec } from '../spec.js';
import { SystemSampler } from '../system/sampler.js';
import { ObservedJournal } from './journal.js';
import { PrintedMetricsWatch } from './printed.js';
import type { Said } from '../../../protocol/said.js';

export interface Observers {
  /** Call it once the program is gone. */
  stop(): void;
}

export interface Circumstances {
  /** The program's environment. */
  env: Record<string, string>;
  mark: number;
  /** Bytes of output that earlier launches have printed. */
  printedFrom: number;
  /** Tells the person. */
  warn(text: Said): void;
  /** Called when a journal has grown by observed records. */
  recorded(): void;
  /** The program has worked for another run before: many of its runs may be shorter than a sample is worth. */
  isLater?: boolean;
}

/** Milliseconds after which a later run of a program is worth sampling. */
const LATER_MS = 2000;

/** Begins to observe a program that was just started, as its `capture` says. */
export function observe(
  folder: string,
  spec: ProgramSpec,
  program: Program,
  { env, mark, printedFrom, warn, recorded, isLater = false }: Circumstances,
): Observers {
  const { output, system } = captureOf(spec, env);
  const begins = spec.launch && launchRecord(spec.launch);
  const printed =
    output === 'off' ? null : new PrintedMetricsWatch(folder, { output, begins, from: printedFrom, warn, recorded });
  let sampler: SystemSampler | null = null;
  const { pid } = program;
  const sample = (): void => {
    if (!system || pid === null) return;
    const journal = new ObservedJournal(folder, RUN_FILES.systemJournal, begins);
    const isPaused = (): boolean => program.paused;
    const startedAt = firstStart(folder);
    sampler = new SystemSampler(journal, { pid, mark, env, startedAt, isPaused, isNew: !isLater });
  };
  const timer = isLater ? setTimeout(sample, LATER_MS).unref() : undefined;
  if (!isLater) sample();
  return {
    stop() {
      clearTimeout(timer);
      printed?.stop();
      sampler?.stop();
    },
  };
}

/** When the run's first launch began, in milliseconds since the epoch. */
function firstStart(folder: string): number {
  try {
    const { time } = JSON.parse(readReal(join(folder, launchFile(1)), 4096)) as { time?: unknown };
    if (typeof time === 'number') return time;
  } catch {
    // Someone has moved it away; the seconds then count from this launch.
  }
  return Date.now();
}
