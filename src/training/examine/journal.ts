/** Adds media to a run that has ended, in a journal of their own, which the engine reads when it grows. */
import { join } from 'node:path';
import type { PlotDrawing } from '../../protocol/engine/drawings.js';
import { PLOT_MIME } from '../../protocol/run/mimes.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { appendReal, makeFolderReal, readReal, sizeReal } from '../../files/real.js';
import { writeWhole } from '../../files/whole.js';

const FILE = 'examined.ndjson';
const FOLDER = `${RUN_FILES.media}/examined`;

interface Medium {
  name: string;
  path: string;
  mime: string;
  step?: number;
}

export class MediaJournal {
  private readonly media: Medium[] = [];

  /** `folder`: that of the run. */
  constructor(private readonly folder: string) {}

  async picture(name: string, step: number, png: Buffer): Promise<void> {
    await this.file({ name, path: `${FOLDER}/${name}-${step}.png`, mime: 'image/png', step }, png);
  }

  async plot(name: string, plot: PlotDrawing): Promise<void> {
    const path = `${FOLDER}/${name.replace(/\W+/g, '-')}.json`;
    await this.file({ name, path, mime: PLOT_MIME }, JSON.stringify(plot));
  }

  private async file(medium: Medium, content: string | Buffer): Promise<void> {
    if (this.media.length === 0) {
      makeFolderReal(join(this.folder, RUN_FILES.media));
      makeFolderReal(join(this.folder, FOLDER));
    }
    await writeWhole(join(this.folder, medium.path), content);
    this.media.push(medium);
  }

  /** Tells the run of the files that it does not know yet, and returns the number of all. */
  close(): number {
    const journal = join(this.folder, RUN_FILES.journal, FILE);
    const known = sizeReal(journal) === null ? '' : readReal(journal);
    const time = Date.now();
    const lines = this.media
      .filter(({ path }) => !known.includes(JSON.stringify(path)))
      .map((medium) => `${JSON.stringify({ type: 'media', time, ...medium })}\n`);
    if (lines.length > 0) appendReal(journal, lines.join(''));
    return this.media.length;
  }
}
