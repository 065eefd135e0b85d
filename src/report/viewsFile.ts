/** Reads and writes the saved views of a folder. The file is anybody's: it is read within bounds and checked as a whole. */
import * as path from 'node:path';
import { constants, lstat, open } from 'node:fs/promises';
import { NO_VIEWS, SavedViews, VIEWS_FILE, VIEWS_LIMIT } from '../protocol/panel/savedViews.js';
import { writeWhole } from '../files/whole.js';
import { l10n } from '../format/l10n.js';

export async function readViews(folder: string): Promise<SavedViews> {
  const text = await contentOf(path.join(folder, VIEWS_FILE));
  if (text === null) return NO_VIEWS;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(l10n.t('{0} is not JSON: {1}', VIEWS_FILE, (error as Error).message), { cause: error });
  }
  const views = SavedViews.safeParse(parsed);
  if (views.success) return views.data;
  const [issue] = views.error.issues;
  throw new Error(l10n.t('{0}: {1} at {2}', VIEWS_FILE, issue!.message, issue!.path.join('.') || '.'));
}

/** Null: there is no such file. */
async function contentOf(file: string): Promise<string | null> {
  const stat = await lstat(file).catch(() => null);
  if (stat === null) return null;
  if (!stat.isFile()) throw new Error(l10n.t('{0} is not an ordinary file.', VIEWS_FILE));
  if (stat.size > VIEWS_LIMIT)
    throw new Error(l10n.t('{0} is larger than {1} MiB.', VIEWS_FILE, VIEWS_LIMIT / 2 ** 20));
  const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

export async function writeViews(folder: string, views: SavedViews): Promise<void> {
  // An unreadable file is not overwritten, because it may contain someone's work.
  await readViews(folder);
  await writeWhole(path.join(folder, VIEWS_FILE), `${JSON.stringify(SavedViews.parse(views), null, 2)}\n`);
}
