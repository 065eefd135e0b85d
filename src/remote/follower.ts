/**
 * Sends what a run records on this host: bytes of the files that grow, other files whole. The supervisor's journal comes last
 * in each pass and only as far as it went when the pass began, so that the end of a run is never known before its records.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { wholeCheckpoints } from '../client/checkpoints/index.js';
import { listReal, openReal, readRealBytes, sizeReal, statReal } from '../files/real.js';
import { encode } from '../protocol/run/contents.js';
import { LARGEST_CONTENT, type RemoteState } from '../protocol/engine/remote.js';
import { launchFile, RUN_FILES } from '../protocol/run/runFiles.js';
import { jobOutput } from '../engine/executors/jobs.js';

const PART = 256 * 1024;
const SUPERVISOR = `${RUN_FILES.journal}/${RUN_FILES.supervisorJournal}`;
/** Files below these folders are sent whole. */
const FOLDERS = ['media', 'recorded'];
const DEEPEST = 8;
/** Passes between two looks at media and checkpoints, which costs more. */
const SELDOM = 8;
/** Journals that only the engine writes, on its own host. */
const NOT_OURS: readonly string[] = [RUN_FILES.engineJournal, 'acts.ndjson'];

export interface FollowerOptions {
  run: string;
  launch: number;
  /** Null while the run has no folder here. */
  find(): string | null;
  state(): RemoteState;
  /** Resolves when there is room for more. */
  send(message: Buffer): Promise<void>;
  /** Bytes of each file that the engine has. */
  sizes: Record<string, number>;
}

export class Follower {
  private readonly sent: Map<string, number>;
  /** Files that were sent whole, by what they looked like then. */
  private readonly looks = new Map<string, string>();
  private checkpoints = '';
  private state = '';
  private told = -1;
  private passes = 0;
  private passing: Promise<void> | null = null;
  closed = false;

  constructor(private readonly options: FollowerOptions) {
    this.sent = new Map(Object.entries(options.sizes));
  }

  /** Sends all that is there now. Never rejects. */
  pass(thorough = false): Promise<void> {
    const before = this.passing ?? Promise.resolve();
    if (this.passing && !thorough) return this.passing;
    const mine = before.then(() => this.passOnce(thorough)).catch(() => undefined);
    this.passing = mine;
    void mine.then(() => {
      if (this.passing === mine) this.passing = null;
    });
    return mine;
  }

  private async passOnce(thorough: boolean): Promise<void> {
    const folder = this.options.find();
    const { run, launch } = this.options;
    const state = JSON.stringify(this.options.state());
    if (folder !== null) {
      const end = sizeReal(path.join(folder, SUPERVISOR)) ?? 0;
      const isEnd = end > (this.sent.get(SUPERVISOR) ?? 0);
      await this.whole(folder, launchFile(launch));
      for (const name of namesIn(path.join(folder, RUN_FILES.journal))) {
        const file = `${RUN_FILES.journal}/${name}`;
        if (name.endsWith('.ndjson') && file !== SUPERVISOR && !NOT_OURS.includes(name)) await this.grown(folder, file);
      }
      for (const file of [RUN_FILES.output, jobOutput(launch), 'supervisor.log']) await this.grown(folder, file);
      if (thorough || isEnd || this.passes++ % SELDOM === 0) {
        for (const name of FOLDERS) await this.below(folder, name);
        await this.saved(folder);
      }
      await this.grown(folder, SUPERVISOR, end);
      await this.whole(folder, RUN_FILES.lease);
      const told = sizeReal(path.join(folder, RUN_FILES.control)) ?? 0;
      if (told !== this.told) await this.send({ type: 'told', run, size: (this.told = told) });
    }
    if (state !== this.state) {
      this.state = state;
      await this.send({ type: 'state', run, state: JSON.parse(state) as RemoteState });
    }
    if (thorough) await this.send({ type: 'caught-up', run });
  }

  private async send(message: Record<string, unknown>, content?: Buffer): Promise<void> {
    if (!this.closed) await this.options.send(encode(message, content));
  }

  private async grown(folder: string, file: string, until = Infinity): Promise<void> {
    const full = path.join(folder, file);
    const end = Math.min(sizeReal(full) ?? 0, until);
    let offset = this.sent.get(file) ?? 0;
    while (offset < end && !this.closed) {
      const content = part(full, offset, Math.min(PART, end - offset));
      if (content.length === 0) return;
      await this.send({ type: 'bytes', run: this.options.run, file, offset }, content);
      offset += content.length;
      this.sent.set(file, offset);
    }
  }

  private async whole(folder: string, file: string): Promise<void> {
    const full = path.join(folder, file);
    const stat = statReal(full);
    if (!stat?.isFile() || stat.size > LARGEST_CONTENT) return;
    const look = `${stat.size} ${stat.mtimeMs}`;
    if (this.looks.get(file) === look) return;
    // Content that the engine has already, by its size, is not sent again after each break of the connection.
    const isKnown = !this.looks.has(file) && FOLDERS.some((name) => file.startsWith(`${name}/`));
    this.looks.set(file, look);
    if (isKnown && this.sent.get(file) === stat.size) return;
    await this.send({ type: 'whole', run: this.options.run, file }, readRealBytes(full, LARGEST_CONTENT));
  }

  private async below(folder: string, inner: string, depth = 1): Promise<void> {
    for (const entry of entriesOf(path.join(folder, inner))) {
      const file = `${inner}/${entry.name}`;
      if (entry.isFile()) await this.whole(folder, file);
      else if (entry.isDirectory() && depth < DEEPEST) await this.below(folder, file, depth + 1);
    }
  }

  private async saved(folder: string): Promise<void> {
    const checkpoints = path.join(folder, RUN_FILES.checkpoints);
    const names = wholeCheckpoints(checkpoints).map((each) => path.basename(each));
    const look = JSON.stringify([checkpoints, names]);
    if (look === this.checkpoints || (names.length === 0 && this.checkpoints === '')) return;
    this.checkpoints = look;
    await this.send({ type: 'checkpoints', run: this.options.run, folder: checkpoints, names });
  }
}

function part(file: string, offset: number, length: number): Buffer {
  const descriptor = openReal(file);
  try {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, length, offset));
  } finally {
    fs.closeSync(descriptor);
  }
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return listReal(folder);
  } catch {
    return [];
  }
}

const namesIn = (folder: string): string[] => entriesOf(folder).flatMap((entry) => (entry.isFile() ? entry.name : []));
