/** Reads from a run's journal files how it ended. Uses nothing that was read earlier, so any engine can call it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { inEnglish } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';
import { ExitRecord, FinishRecord, MessageRecord, SpawnRecord } from '../../../protocol/run/journal.js';
import { Time } from '../../../protocol/values/time.js';
import { LaunchTaken, launchFile, RUN_FILES } from '../../../protocol/run/runFolder.js';
import { journalNames, openJournal, type JournalFile } from '../../../store/journal/file.js';
import { salvage } from '../../../store/journal/salvage.js';
import { readTail } from '../../disk/files.js';
import type { Ending } from './outcome.js';

/** Journals that clients write; the others are ours. */
const RANKS_JOURNAL = /^rank\d/;

/** Bytes at the end of a client's journal that may contain its last records. */
const TAIL = 256 * 1024;
const BLOCK = 64 * 1024;
/** Maximum number of bytes that a writer may have allocated ahead. Our clients allocate 1 MiB. */
const MAX_UNWRITTEN = 64 * 2 ** 20;

export interface SupervisorRecords {
  spawn: z.infer<typeof SpawnRecord> | null;
  exit: ExitRecord | null;
}

/** Identifies a run's launch by its number; records from before `at` belong to earlier launches. */
export interface Launch {
  number: number;
  at: number;
}
export const FIRST_LAUNCH: Launch = { number: 1, at: -Infinity };

/** Reads the supervisor's records of the program's start and end. Only the supervisor's own file counts. */
export function readSupervisorRecords(runFolder: string, launch = FIRST_LAUNCH): SupervisorRecords {
  const isIts = (record: { launch?: number }): boolean => (record.launch ?? 1) === launch.number;
  const records: SupervisorRecords = { spawn: null, exit: null };
  const file = path.join(runFolder, RUN_FILES.journal, RUN_FILES.supervisorJournal);
  for (const value of tailRecords(file)) {
    const spawn = SpawnRecord.safeParse(value);
    if (spawn.success && isIts(spawn.data)) records.spawn = spawn.data;
    const exit = ExitRecord.safeParse(value);
    if (exit.success && isIts(exit.data)) records.exit = exit.data;
  }
  return records;
}

/**
 * Returns which supervisor has taken a launch, or null if none has. The file is written once, so an unreadable one
 * belongs to a dead process.
 */
export function readTaken(runFolder: string, launch: number): LaunchTaken | 'unreadable' | null {
  const text = readTail(path.join(runFolder, launchFile(launch)), 4096);
  if (text === '' && !fs.existsSync(path.join(runFolder, launchFile(launch)))) return null;
  try {
    return LaunchTaken.parse(JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}

/** Returns how long the programs of all launches of a run have worked, in seconds; null if that was not recorded. */
export function secondsAtWork(runFolder: string): number | null {
  const spawned = new Map<number, number>();
  const worked = new Map<number, number>();
  const file = path.join(runFolder, RUN_FILES.journal, RUN_FILES.supervisorJournal);
  for (const value of tailRecords(file)) {
    const spawn = SpawnRecord.safeParse(value);
    if (spawn.success) spawned.set(spawn.data.launch ?? 1, spawn.data.time);
    const exit = ExitRecord.safeParse(value);
    if (!exit.success) continue;
    const { launch = 1, time, stood = 0 } = exit.data;
    const began = spawned.get(launch);
    if (began === undefined) continue;
    // Someone may have set the machine's clock meanwhile.
    const { ran = time - began } = exit.data;
    worked.set(launch, Math.max(0, ran - stood));
  }
  if (worked.size === 0) return null;
  return [...worked.values()].reduce((sum, ms) => sum + ms, 0) / 1000;
}

/** Returns the script's own last records. With several ranks, a failed one takes precedence, then rank 0. */
export function readLastWords(
  runFolder: string,
  launch = FIRST_LAUNCH,
): Pick<Ending, 'finish' | 'lastError' | 'closed' | 'assumed'> {
  const folder = path.join(runFolder, RUN_FILES.journal);
  let finish: Ending['finish'] = null;
  let lastError: string | Said | null = null;
  let closed: Ending['closed'];
  let assumed: Ending['assumed'];
  let names: string[] = [];
  try {
    names = journalNames(folder).filter((name) => name !== RUN_FILES.supervisorJournal);
  } catch {
    // No journal was ever made.
  }
  for (const name of names.sort()) {
    for (const value of tailRecords(path.join(folder, name))) {
      const end = FinishRecord.safeParse(value);
      if (end.success && end.data.time >= launch.at) {
        const { status, time } = end.data;
        const error = ownWords(end.data.error, end.data.said);
        const isEngines = name === RUN_FILES.engineJournal;
        if (isEngines && status === 'failed') {
          // The program's own records take precedence over the end that the engine assumed.
          assumed = { kind: end.data.assumed ?? 'not-started', message: end.data.error ?? '' };
          continue;
        }
        if (isEngines && (status === 'stopped' || status === 'pruned')) closed = status;
        if (finish === null || (status === 'failed' && finish.status !== 'failed')) finish = { status, error, time };
      }
      const message = MessageRecord.safeParse(value);
      if (message.success && message.data.time >= launch.at && message.data.level === 'error')
        lastError = ownWords(message.data.text, message.data.said);
    }
  }
  return { finish, lastError, ...(closed && { closed }), ...(assumed && { assumed }) };
}

/** Returns the text with its values apart if it has them. */
function ownWords<T extends string | undefined>(text: T, said: Said | undefined): T | Said {
  return said !== undefined && inEnglish(said) === text ? said : text;
}

/**
 * Returns the time of the last record of the program, in milliseconds since the epoch; 0 if there is none. Times of files say
 * less: a client that writes through a mapping does not change them until the system writes its pages.
 */
export function lastRecordTime(runFolder: string): number {
  const folder = path.join(runFolder, RUN_FILES.journal);
  let names: string[] = [];
  try {
    names = journalNames(folder).filter((name) => RANKS_JOURNAL.test(name));
  } catch {
    // No journal was ever made.
  }
  const times = names.flatMap((name) => tailRecords(path.join(folder, name), /"time"/).map(timeOf));
  // Clocks of other hosts and damaged records may tell of the future.
  return times.reduce((last, time) => (time <= Date.now() ? Math.max(last, time) : last), 0);
}

function timeOf(value: unknown): number {
  const { data } = z.object({ time: Time }).safeParse(value);
  return data?.time ?? 0;
}

/** Returns whether an engine has recorded the end of a launch, such as one of another host that has cancelled it before it began. */
export function isEndedByEngine(runFolder: string, launch = FIRST_LAUNCH): boolean {
  const file = path.join(runFolder, RUN_FILES.journal, RUN_FILES.engineJournal);
  return tailRecords(file).some((value) => {
    const end = FinishRecord.safeParse(value);
    return end.success && end.data.time >= launch.at;
  });
}

/** Returns the JSON values of the last lines of a file that match, without unwritten (NUL) and half-written ends. */
function tailRecords(file: string, matching = /"(finish|message|spawn|exit)"/): unknown[] {
  let journal: JournalFile | null;
  try {
    journal = openJournal(file);
  } catch {
    return [];
  }
  if (!journal) return [];
  try {
    const end = writtenEnd(journal);
    const from = Math.max(0, end - TAIL);
    const bytes = journal.read(from, end - from);
    const lines = bytes.toString('utf8').split('\n');
    lines.pop();
    if (from > 0) lines.shift();
    return lines.flatMap((line) => {
      if (!matching.test(line)) return [];
      return recordsIn(line);
    });
  } catch {
    return [];
  } finally {
    journal.close();
  }
}

/**
 * Returns the record of a line, or the records that can be salvaged from a line that a killed writer left unfinished.
 */
function recordsIn(line: string): unknown[] {
  try {
    return [JSON.parse(line) as unknown];
  } catch {
    return salvage(line, JSON.parse).map(({ text }) => JSON.parse(text) as unknown);
  }
}

/** Returns the size without the NULs of a preallocated end. */
function writtenEnd(journal: JournalFile): number {
  const { size } = journal;
  for (let end = size; end > 0 && size - end < MAX_UNWRITTEN;) {
    const from = Math.max(0, end - BLOCK);
    const block = journal.read(from, end - from);
    let used = block.length;
    while (used > 0 && block[used - 1] === 0) used--;
    if (used > 0) return from + used;
    end = from;
  }
  return size;
}
