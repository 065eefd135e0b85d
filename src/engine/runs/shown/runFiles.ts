/** Lists the files that a run left in its folder. */
import * as path from 'node:path';
import { listReal, statReal } from '../../../files/real.js';
import { rankOfOutput, RUN_FILES } from '../../../protocol/run/runFiles.js';
import { MOST_RUN_FILES, type RunFile } from '../../../protocol/engine/runPage.js';

const DEEPEST = 8;

/** Lists the files below the folder, top-level ones first, without links and devices. */
export function listRunFiles(folder: string): { files: RunFile[]; cut: boolean } {
  const files: RunFile[] = [];
  const folders = [''];
  for (const inner of folders) {
    for (const entry of entriesOf(path.join(folder, inner))) {
      const name = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory()) {
        if (name.split('/').length < DEEPEST && folders.length < MOST_RUN_FILES) folders.push(name);
        continue;
      }
      if (!entry.isFile()) continue;
      if (files.length >= MOST_RUN_FILES) return { files, cut: true };
      const stat = statReal(path.join(folder, name));
      if (stat?.isFile()) files.push({ path: name, kind: kindOf(name), size: stat.size, changed: stat.mtimeMs });
    }
  }
  return { files, cut: false };
}

function entriesOf(folder: string) {
  try {
    return listReal(folder).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // It has been removed since, or is a link.
    return [];
  }
}

function kindOf(name: string): RunFile['kind'] {
  const [top] = name.split('/');
  if (top === RUN_FILES.checkpoints) return 'checkpoint';
  if (top === RUN_FILES.media) return 'media';
  if (name === RUN_FILES.output || rankOfOutput(name) !== null) return 'log';
  return top === 'journal' || name.endsWith('.json') || top === 'recorded' ? 'record' : 'other';
}
