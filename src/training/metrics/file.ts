/** Saves the confusion matrix at the end of a run as a file, and prints it in the log. */
import { join } from 'node:path';
import type { RunClient } from '../../client/index.js';
import { CONFUSION_NAME, RUN_FILES } from '../../protocol/run/runFiles.js';
import { saidOf } from '../errors.js';
import { writeWhole } from '../../files/whole.js';
import type { JudgedConfusion } from '../loop/types.js';
import { said } from '../../format/said.js';

export const CONFUSION_FILE = `${RUN_FILES.media}/confusion.csv`;

export async function saveConfusion(
  run: Pick<RunClient, 'folder' | 'media' | 'message'>,
  { confusion, epoch, step }: JudgedConfusion,
): Promise<void> {
  const text = confusion.text();
  if (text) console.log(`Confusion matrix after epoch ${epoch} (rows: true class, columns: predicted)\n${text}`);
  try {
    await writeWhole(join(run.folder, CONFUSION_FILE), confusion.csv());
    run.media(CONFUSION_NAME, CONFUSION_FILE, { mime: 'text/csv', step });
  } catch (error) {
    run.message('warning', said('the confusion matrix could not be saved: {0}', saidOf(error)));
  }
}
