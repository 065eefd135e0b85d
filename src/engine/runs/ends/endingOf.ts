/** Puts together what the files of a run say about the end of its launch. */
import { RUN_FILES } from '../../../protocol/run/runFolder.js';
import { jobOutput, type ClusterJob } from '../../executors/jobs.js';
import { outcomeOfJob } from '../life/jobFacts.js';
import { readLastWords, readSupervisorRecords, readTaken, type Launch } from './endingRecords.js';
import { logTail } from './logTail.js';
import type { Ending } from './outcome.js';

export interface EndedLaunch {
  folder: string;
  which: Launch;
  job: ClusterJob | null;
  /** True if this person has requested the run. */
  isAsked: boolean;
  /** The error if nothing was started although this engine was to start it; null: it was not. */
  notStarted: string | null;
  /** The system has ended a process for lack of memory meanwhile. */
  memoryKill: boolean;
  isElsewhere: boolean;
}

/** Returns null if the launch has not begun and may still. */
export function endingOf({
  folder,
  which,
  job,
  isAsked,
  notStarted,
  memoryKill,
  isElsewhere,
}: EndedLaunch): Ending | null {
  const { spawn: spawned, exit } = readSupervisorRecords(folder, which);
  const words = readLastWords(folder, which);
  const hasBegun = spawned || exit || readTaken(folder, which.number);
  const isWaiting = !hasBegun && notStarted === null && !words.finish && !words.assumed && !job;
  if (isWaiting && isAsked) return null;
  return {
    exit: !hasBegun && notStarted !== null ? { code: null, signal: null, requested: null, error: notStarted } : exit,
    ...words,
    // The output of the job's script shows why no supervisor started.
    logTail: logTail(folder, job && !spawned && !exit ? jobOutput(job.launch) : RUN_FILES.output),
    memoryKill,
    ...(job && { job: outcomeOfJob(job, spawned !== null) }),
    ...(isElsewhere && spawned?.host && { elsewhere: spawned.host.name }),
  };
}
