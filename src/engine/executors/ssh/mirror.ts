/**
 * Files of a run that is on a host, kept in its folder here as the host sends them. What the host says is data: only files of a
 * run's records are written, below the run's folder, through no link.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { listReal, makeFolderReal, openReal, sizeReal, writeReal } from '../../../files/real.js';
import { REMOTE_CHECKPOINTS, RUN_FILES, launchFile } from '../../../protocol/run/runFiles.js';
import { RECORDED } from '../../../protocol/run/recordedFiles.js';
import { jobOutput } from '../jobs.js';

const DEEPEST = 9;
const WHOLE = ['media', 'recorded'];
/** Recorded here, before the code was sent. */
const OWN: readonly string[] = [RECORDED.code, RECORDED.changes, RECORDED.untracked].map(
  (name) => `${RECORDED.folder}/${name}`,
);

export class Mirror {
  constructor(
    private readonly folder: string,
    private readonly launch: number,
  ) {}

  /** Bytes of each file that is here, by its path in the run's folder. */
  sizes(): Record<string, number> {
    const sizes: Record<string, number> = {};
    const note = (file: string): void => {
      const size = sizeReal(path.join(this.folder, file));
      if (size !== null) sizes[file] = size;
    };
    for (const file of [RUN_FILES.output, jobOutput(this.launch), 'supervisor.log']) note(file);
    for (const inner of [RUN_FILES.journal, ...WHOLE]) for (const file of this.below(inner)) note(file);
    return sizes;
  }

  /** Returns false when the part does not continue what is here: the host must be told what is. Throws when the disk is full. */
  bytes(file: string, offset: number, content: Buffer): boolean {
    if (!this.grows(file)) return true;
    const target = path.join(this.folder, file);
    makeFolderReal(path.dirname(target));
    const descriptor = openReal(target, fs.constants.O_WRONLY | fs.constants.O_CREAT);
    try {
      const { size } = fs.fstatSync(descriptor);
      if (size !== offset) return false;
      for (let at = 0; at < content.length;)
        at += fs.writeSync(descriptor, content, at, content.length - at, offset + at);
    } finally {
      fs.closeSync(descriptor);
    }
    return true;
  }

  whole(file: string, content: Buffer): void {
    if (OWN.includes(file)) return;
    const isRecord = file === RUN_FILES.lease || file === launchFile(this.launch);
    if (!isRecord && !WHOLE.some((name) => file.startsWith(`${name}/`) && isPlain(file))) return;
    const target = path.join(this.folder, file);
    makeFolderReal(path.dirname(target));
    writeReal(target, content, { sync: false });
  }

  checkpoints(folder: string, names: readonly string[]): void {
    const safe = names.filter((name) => isPlain(name) && !/^\.|\//.test(name)).slice(0, 1000);
    writeReal(path.join(this.folder, REMOTE_CHECKPOINTS), JSON.stringify({ folder, names: safe }), { sync: false });
  }

  /** Requests for the run from `offset` on; empty if there are none. */
  control(offset: number): Buffer {
    const file = path.join(this.folder, RUN_FILES.control);
    const size = sizeReal(file) ?? 0;
    if (size <= offset) return Buffer.alloc(0);
    const descriptor = openReal(file);
    try {
      const bytes = Buffer.alloc(Math.min(size - offset, 1 << 20));
      return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, bytes.length, offset));
    } finally {
      fs.closeSync(descriptor);
    }
  }

  get controlSize(): number {
    return sizeReal(path.join(this.folder, RUN_FILES.control)) ?? 0;
  }

  private grows(file: string): boolean {
    const [folder, name, ...more] = file.split('/');
    if (folder === RUN_FILES.journal && name !== undefined && more.length === 0)
      return /^[\w.-]+\.ndjson$/.test(name) && name !== RUN_FILES.engineJournal;
    return [RUN_FILES.output, jobOutput(this.launch), 'supervisor.log'].includes(file);
  }

  private below(inner: string, depth = 1): string[] {
    try {
      return listReal(path.join(this.folder, inner)).flatMap((entry) => {
        const file = `${inner}/${entry.name}`;
        if (entry.isFile()) return [file];
        return entry.isDirectory() && depth < DEEPEST ? this.below(file, depth + 1) : [];
      });
    } catch {
      return [];
    }
  }
}

/** No part of the path leads out of its folder. */
function isPlain(file: string): boolean {
  const parts = file.split('/');
  return (
    parts.length <= DEEPEST &&
    parts.every((part) => part !== '' && part !== '..' && part !== '.' && !/[\\\u0000-\u001f]/.test(part))
  );
}
