import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeFolderReal, openReal } from '../../files/real.js';
import { GRAPH_MIME, HISTOGRAM_MIME, PLOT_MIME } from '../../protocol/run/mimes.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { MediaBudget } from '../mediaBudget.js';
import type { ForeignMedia } from '../types.js';

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
  ['model/obj', '.obj'],
  ['model/ply', '.ply'],
  ['model/stl', '.stl'],
  ['audio/mpeg', '.mp3'],
  ['audio/ogg', '.ogg'],
  ['audio/flac', '.flac'],
  ['video/mp4', '.mp4'],
  ['video/webm', '.webm'],
  ['video/ogg', '.ogv'],
  [HISTOGRAM_MIME, '.json'],
  [PLOT_MIME, '.json'],
  [GRAPH_MIME, '.json'],
]);

/** Copies pictures and the like into a run's `media` folder, up to 10,000 files and 1 GiB a run. */
export class MediaKeeper {
  private readonly budget = new MediaBudget();

  constructor(private readonly folder: string) {}

  get leftOut(): number {
    return this.budget.leftOut;
  }

  /** The file's path in the run's folder; null when there are too many. The same content under the same name is kept once. */
  keep({ name, step, mime, bytes }: ForeignMedia): string | null {
    const isFirst = this.budget.isEmpty;
    if (!this.budget.takes(bytes.length)) return null;
    const stem =
      name
        .replace(/[^\w.-]+/g, '_')
        .replace(/^\.+/, '')
        .slice(0, 60) || 'media';
    const hash = createHash('sha256').update(name).update('\0').update(bytes).digest('hex').slice(0, 12);
    const file = `${stem}-${step ?? 'x'}-${hash}${ENDINGS.get(mime) ?? '.bin'}`;
    const folder = path.join(this.folder, RUN_FILES.media);
    if (isFirst) makeFolderReal(folder);
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
