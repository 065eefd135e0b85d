import { lstatSync } from 'node:fs';
import * as path from 'node:path';
import { FileBytes, insideOf } from '../bytes.js';
import type { Format, FoundRun } from '../types.js';
import { isLog } from './log.js';
import { WandbReader } from './read.js';

/** Runs that wandb wrote offline, and the local copies of those that it sent. */
export const wandb: Format = {
  id: 'wandb',
  title: 'W&B',
  find: (listings) =>
    listings.flatMap((listing) =>
      listing.files
        .filter((name) => /^run-[\w-]+\.wandb$/.test(name) && hasLog(path.join(listing.path, name)))
        .map((name): FoundRun => {
          const file = path.join(listing.path, name);
          return {
            format: 'wandb',
            path: file,
            inner: '',
            experiment: 'wandb',
            name: name.slice(4, -6),
            files: [file],
            ...outputOf(listing.path),
            open: () => new WandbReader(file),
          };
        }),
    ),
};

/** W&B stores a program's output next to its log. */
function outputOf(folder: string): { output?: string } {
  const output = insideOf(folder, path.join('files', 'output.log'));
  return output !== null && lstatSync(output, { throwIfNoEntry: false })?.isFile() ? { output } : {};
}

function hasLog(file: string): boolean {
  try {
    const bytes = FileBytes.open(file);
    try {
      return isLog(bytes.read(0, 7));
    } finally {
      bytes.close();
    }
  } catch {
    return false;
  }
}
