/** A launch that this supervisor has taken, and what is to be run for it. */
import { launchNumber } from '../../protocol/run/runFiles.js';
import { untilRoom } from '../disk/room.js';
import { SupervisorJournal } from './journal.js';
import { takeLaunch } from './launch.js';
import { readSpec, type ProgramSpec } from './spec.js';

export interface OpenedLaunch {
  /** The run's folder: absolute, as the program is told. */
  folder: string;
  /** The same folder; the first one's from where this process stands, so that its files are found when the workspace is renamed. */
  here: string;
  spec: ProgramSpec;
  number: number;
  journal: SupervisorJournal;
}

/**
 * Reads what is to be run and takes the launch. Null: another supervisor was faster. Throws, once it is written down as the
 * run's end, if it is not what was asked for.
 */
export async function openLaunch(
  folder: string,
  here: string,
  askedHash: string | undefined,
): Promise<OpenedLaunch | null> {
  const journal = new SupervisorJournal(here);
  let spec: ProgramSpec;
  try {
    spec = readSpec(folder, askedHash);
  } catch (error) {
    await writeRefusal(journal, error);
    throw error;
  }
  journal.launch = spec.launch?.number;
  const number = launchNumber(spec);
  let taken = false;
  await untilRoom(() => void (taken = takeLaunch(folder, number)));
  return taken ? { folder, here, spec, number, journal } : null;
}

/** Writes down that nothing can be started. */
export function writeRefusal(journal: SupervisorJournal, error: unknown): Promise<void> {
  return journal.writeExit({ code: null, signal: null, requested: null, error: (error as Error).message });
}
