/**
 * Requests that this person has left in the folder from another host, for the engine that starts and changes runs: to stop a run
 * that waits in its queue, and to stop, pause or resume a search that it drives. A running run's supervisor reads its own.
 * Nothing is ever started for a file: whatever it asks for is at work here, because this person has asked for it here.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { RUN_FILES } from '../protocol/run/runFiles.js';
import { OwnLines } from './disk/ownLines.js';
import { controlIn } from './supervisor/controlFile.js';
import type { EngineParts } from './parts.js';

export const SEARCH_REQUESTS = ['stop', 'pause', 'resume'] as const;
export type SearchRequest = (typeof SEARCH_REQUESTS)[number];

/** Returns the line by which a search is asked. */
export const searchLine = (ask: SearchRequest): string => JSON.stringify({ ask });

/** Waiting runs whose files are looked at in one tick. */
const MOST = 500;

export class Mailbox {
  private readonly lines = new Map<string, OwnLines>();

  constructor(
    private readonly parts: Pick<EngineParts, 'active' | 'folders' | 'searches' | 'searchFolders' | 'store' | 'log'>,
    /** Makes this engine the one that starts work; returns why it can't be, or null. */
    private readonly takeLease: () => string | null,
  ) {}

  /**
   * Call it once a second. Only requests about this engine's own runs and searches are read, so it needs no lease: a search
   * that was paused for long has given it back.
   */
  look(): void {
    const { active, folders, searches, searchFolders } = this.parts;
    const seen = new Set<string>();
    for (const { id, launch } of active.waiting().slice(0, MOST)) {
      const file = path.join(folders.path(id), RUN_FILES.control);
      seen.add(file);
      for (const line of this.newLines(file))
        if (controlIn(line, launch)?.type === 'stop') this.act(`run ${id}`, 'stop', () => active.stop(id, 'stop'));
    }
    for (const id of searches.driven()) {
      const file = path.join(searchFolders.path(id), RUN_FILES.control);
      seen.add(file);
      const lines = this.newLines(file);
      for (const line of lines) this.takeSearch(id, line);
      // The next engine must not do it again.
      if (lines.length > 0 && remove(file, this.lines.get(file)!)) this.lines.delete(file);
    }
    for (const file of this.lines.keys()) if (!seen.has(file)) this.lines.delete(file);
  }

  private newLines(file: string): string[] {
    const lines = this.lines.get(file) ?? new OwnLines(file);
    this.lines.set(file, lines);
    return lines.read();
  }

  private takeSearch(id: string, line: string): void {
    const { searches, searchFolders } = this.parts;
    const ask = requestIn(line);
    if (ask === null || searchFolders.isAsked(id) !== 'yes') return;
    this.act(`search ${id}`, ask, () => {
      if (ask === 'stop') searches.stop(id);
      else if (ask === 'pause') searches.pause(id);
      else {
        const why = this.takeLease();
        if (why !== null) throw new Error(why);
        return searches.resume(id, null);
      }
    });
  }

  private act(what: string, ask: string, work: () => unknown): void {
    const { log } = this.parts;
    log.info(`${what}: another host asks to ${ask} it`);
    const failed = (error: unknown): void => log.warn(`${what}: ${(error as Error).message}`);
    try {
      const done = work();
      if (done instanceof Promise) done.catch(failed);
    } catch (error) {
      // It has just ended, or is paused already.
      failed(error);
    }
  }
}

function requestIn(line: string): SearchRequest | null {
  try {
    const { ask } = (JSON.parse(line) ?? {}) as { ask?: unknown };
    return SEARCH_REQUESTS.find((each) => each === ask) ?? null;
  } catch {
    return null;
  }
}

/** Returns whether the file was removed. A request that came since stays. */
function remove(file: string, lines: OwnLines): boolean {
  try {
    if (!lines.isAtEnd) return false;
    fs.rmSync(file, { force: true });
    return true;
  } catch {
    // It is read on from where we are.
    return false;
  }
}
