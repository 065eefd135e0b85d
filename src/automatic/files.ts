/** Chooses the files of `tunesmith auto`: in a folder next to the data, with unused names. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { autoText, formatOf, type AutoSource } from '../experiment/auto/source.js';
import { l10n } from '../format/l10n.js';

export interface AutoFiles {
  /** Experiment file of the found network. */
  found: string;
  report: string;
  ensemble: string;
}

/** An error in the request; its message is for the person. */
export class AutoError extends Error {
  override readonly name = 'AutoError';
}

export type Wanted = Omit<AutoSource, 'format' | 'files'> & {
  /** Absolute paths. */
  files: readonly string[];
  /** Folder of the files that are written; null: `NAME.network` next to the data. */
  out: string | null;
};

/** Returns the experiment file to search by, and its text. Throws AutoError. */
export function planFile(wanted: Wanted): { file: string; text: string; isNew: boolean } {
  const [first, second] = wanted.files as [string, string?];
  for (const file of wanted.files) if (!existsSync(file)) throw new AutoError(l10n.t('There is no file {0}.', file));
  const format = formatOf(first, statSync(first).isDirectory());
  if (format === null) {
    throw new AutoError(
      l10n.t(
        '{0} is not data: name a CSV, NPZ, NPY or IDX file, a folder of images, or an experiment file with "auto".',
        first,
      ),
    );
  }
  const pairs = format === 'npy' || format === 'idx';
  if (pairs && second === undefined) throw new AutoError(l10n.t('Name the file of targets too, after {0}.', first));
  if (!pairs && second !== undefined)
    throw new AutoError(l10n.t('{0}: only arrays have a second file, the targets.', second));
  if (format === 'csv' && wanted.target === null) {
    throw new AutoError(l10n.t('Say which column to predict: --target NAME. {0}', columnsText(first)));
  }
  const base = baseOf(first);
  const folder = wanted.out ?? path.join(path.dirname(first), `${base}.network`);
  const relative = wanted.files.map((file) => path.relative(folder, file).split(path.sep).join('/'));
  const text = autoText({ ...wanted, format, files: relative });
  for (let n = 1; ; n++) {
    const file = path.join(folder, `${base}${n === 1 ? '' : `-${n}`}.auto.tune.yaml`);
    if (!existsSync(file)) return { file, text, isNew: true };
    if (readFileSync(file, 'utf8') === text) return { file, text, isNew: false };
  }
}

/** Returns unused names next to the experiment file of the search. */
export function freeFiles(file: string, out: string | null): AutoFiles {
  const folder = out ?? path.dirname(file);
  const base = baseOf(file).replace(/\.auto$/, '');
  for (let n = 1; ; n++) {
    const names = ['best.tune.yaml', 'report.md', 'ensemble.json'].map((end) =>
      path.join(folder, `${base}${n === 1 ? '' : `-${n}`}.${end}`),
    );
    const [found, report, ensemble] = names as [string, string, string];
    if (!names.some((name) => existsSync(name))) return { found, report, ensemble };
  }
}

function baseOf(file: string): string {
  const name = path.basename(file).replace(/\.gz$/i, '');
  return name.replace(/(\.tune)?\.(csv|tsv|tab|txt|npz|npy|idx\d?|ya?ml|json)$/i, '') || 'data';
}

const MOST_HEADER = 4096;

/** The first line of a table, for a person who has not named the column to predict. */
function columnsText(file: string): string {
  if (/\.gz$/i.test(file)) return '';
  const line = readFileSync(file).subarray(0, MOST_HEADER).toString('utf8').split(/\r?\n/)[0] ?? '';
  return line.trim() === '' ? l10n.t('{0} is empty.', file) : l10n.t('The columns are: {0}', line);
}
