import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeFolderReal, openReal } from '../../files/real.js';
import { HISTOGRAM_MIME, PLOT_MIME } from '../../protocol/drawings.js';
import { RUN_FILES } from '../../protocol/runFiles.js';
import type { ForeignMedia } from '../types.js';

const MOST_FILES = 10_000;
const MOST_BYTES = 2 ** 30;
const ENDINGS = new Map([
  ['image/png', '.png'],
  ['image/jpeg', '.jpg'],
  ['image/gif', '.gif'],
  ['image/webp', '.webp'],
  ['audio/wav', '.wav'],
  ['text/plain', '.txt'],
  ['text/csv', '.csv'],
  ['text/markdown', '.md'],
  ['text/html', '.html'],
  ['image/svg+xml', '.svg'],
  ['audio/mpeg', '.mp3'],
  ['audio/ogg', '.ogg'],
  ['audio/flac', '.flac'],
  ['video/mp4', '.mp4'],
  ['video/webm', '.webm'],
  ['video/ogg', '.ogv'],
  [HISTOGRAM_MIME, '.json'],
  [PLOT_MIME, '.json'],
]);

/** Copies pictures and the like into a run's `media` folder, up to 10,000 files and 1 GiB a run. */
export class MediaKeeper {
  private files = 0;
  private bytes = 0;
  leftOut = 0;

  constructor(private readonly folder: string) {}

  /** The file's path in the run's folder; null when there are too many. The same content under the same name is kept once. */
  keep({ name, step, mime, bytes }: ForeignMedia): string | null {
    if (this.files >= MOST_FILES || this.bytes + bytes.length > MOST_BYTES) {
      this.leftOut++;
      return null;
    }
    this.files++;
    this.bytes += bytes.length;
    const stem =
      name
        .replace(/[^\w.-]+/g, '_')
        .replace(/^\.+/, '')
        .slice(0, 60) || 'media';
    const hash = createHash('sha256').update(name).update('\0').update(bytes).digest('hex').slice(0, 12);
    const file = `${stem}-${step ?? 'x'}-${hash}${ENDINGS.get(mime) ?? '.bin'}`;
    const folder = path.join(this.folder, RUN_FILES.media);
    if (this.files === 1) makeFolderReal(folder);
    const { O_WRONLY, O_CREAT, O_TRUNC } = fs.constants;
    const descriptor = openReal(path.join(folder, file), O_WRONLY | O_CREAT | O_TRUNC);
    try {
      fs.writeFileSync(descriptor, bytes);
    } finally {
      fs.closeSync(descriptor);
    }
    return `${RUN_FILES.media}/${file}`;
  }
}
