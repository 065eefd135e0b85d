/** Lists the images in a folder with one subfolder per class. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { TrainingError, listOf, saidOf } from '../../errors.js';
import { joined, said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

export interface ListedImages {
  /** Folder as the person wrote it. */
  folder: string;
  /** Names of the subfolders, sorted. */
  classes: string[];
  /** Paths relative to the experiment file's folder, sorted within each class. */
  files: string[];
  /** Class index of each file. */
  labels: Int32Array;
  notes: Said[];
}

const IMAGES = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif']);
const DEEPEST = 8;
const TRAIN = ['train', 'training'];
const JUDGED = ['val', 'valid', 'validation', 'test'];

/** Recognizes a folder that contains only `train` and `val` (or `test`) folders. */
export async function partsOf(base: string, folder: string): Promise<{ train: string; validation: string | null }> {
  const names = (await entries(base, folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const train = names.find((name) => TRAIN.includes(name.toLowerCase()));
  const judged = JUDGED.flatMap((wanted) => names.filter((name) => name.toLowerCase() === wanted))[0];
  const others = names.filter((name) => ![...TRAIN, ...JUDGED].includes(name.toLowerCase()));
  return train !== undefined && judged !== undefined && others.length === 0
    ? { train: join(folder, train), validation: join(folder, judged) }
    : { train: folder, validation: null };
}

/** Lists the images. `known` restricts the classes to these. */
export async function listImages(base: string, folder: string, known: string[] | null): Promise<ListedImages> {
  const found = await entries(base, folder);
  const root = await realpath(resolve(base, folder));
  const left = new Left();
  const classes: { name: string; files: string[] }[] = [];
  for (const entry of found) {
    if (!entry.isDirectory()) {
      left.out(entry);
      continue;
    }
    const path = join(folder, entry.name);
    const files = await filesIn(base, path, root, left, 1);
    if (files.length === 0)
      throw new TrainingError(said('{0} holds no image (PNG, JPEG, WebP or GIF): fill it, or remove it', path));
    const name = entry.name.normalize('NFC');
    if (known && !known.includes(name)) {
      throw new TrainingError(
        said('{0}: class "{1}" is not among the training examples ({2})', path, name, listOf(known)),
      );
    }
    if (classes.some((other) => other.name === name))
      throw new TrainingError(said('{0} has two folders "{1}"', folder, name));
    classes.push({ name, files });
  }
  if (classes.length < (known ? 1 : 2)) {
    throw new TrainingError(
      classes.length > 0
        ? said('{0} must hold a subfolder of images for each class, but has one only, "{1}"', folder, classes[0]!.name)
        : said('{0} must hold a subfolder of images for each class, but has none', folder),
    );
  }
  const names = known ?? classes.map(({ name }) => name);
  return {
    folder,
    classes: names,
    files: classes.flatMap(({ files }) => files),
    labels: Int32Array.from(
      classes.flatMap(({ name, files }) => new Array<number>(files.length).fill(names.indexOf(name))),
    ),
    notes: left.notes(folder),
  };
}

/** Lists all images in a folder and its subfolders, regardless of class. */
export async function looseImages(base: string, folder: string): Promise<Pick<ListedImages, 'files' | 'notes'>> {
  const left = new Left();
  const files = await filesIn(base, folder, await realpath(resolve(base, folder)), left, 0);
  if (files.length === 0) throw new TrainingError(said('{0} holds no image (PNG, JPEG, WebP or GIF)', folder));
  return { files, notes: left.notes(folder) };
}

async function filesIn(base: string, folder: string, root: string, left: Left, depth: number): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await entries(base, folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth < DEEPEST) for (const file of await filesIn(base, path, root, left, depth + 1)) files.push(file);
      else left.out(entry);
    } else if (
      IMAGES.has(extname(entry.name).toLowerCase()) &&
      (entry.isFile() || (await isInside(base, path, root)))
    ) {
      files.push(path);
    } else left.out(entry);
  }
  return files;
}

/** Returns true when a link leads to a file inside the folder. */
async function isInside(base: string, path: string, root: string): Promise<boolean> {
  try {
    const target = await realpath(resolve(base, path));
    return target.startsWith(root + sep) && (await stat(target)).isFile();
  } catch {
    return false;
  }
}

/** Returns the entries sorted by name, in the same order on every machine, without hidden ones. */
async function entries(base: string, folder: string): Promise<Dirent[]> {
  try {
    const all = await readdir(resolve(base, folder), { withFileTypes: true });
    const key = ({ name }: Dirent) => name.normalize('NFC');
    return all
      .filter(({ name }) => !name.startsWith('.') && !/^(thumbs\.db|desktop\.ini|__macosx)$/i.test(name))
      .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const path = resolve(base, folder);
    if (code === 'ENOENT')
      throw new TrainingError(said('image folder {0} does not exist (looked for {1})', folder, path));
    if (code === 'ENOTDIR')
      throw new TrainingError(said('{0} is a file: "folder" must name a folder of images', folder));
    throw new TrainingError(said("image folder {0} can't be read: {1}", folder, saidOf(error)));
  }
}

/** Collects the skipped files for one note. */
class Left {
  private links = 0;
  /** Folders too deep. */
  private deep = 0;
  /** Files without an ending. */
  private plain = 0;
  private readonly kinds = new Map<string, number>();

  out(entry: Dirent): void {
    const kind = extname(entry.name).toLowerCase();
    if (entry.isSymbolicLink()) this.links++;
    else if (kind === '' && entry.isDirectory()) this.deep++;
    else if (kind === '') this.plain++;
    else this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }

  notes(folder: string): Said[] {
    const kinds = [...this.kinds].map(([kind, count]) => `${count} ${kind}`);
    const all = joined([
      ...(kinds.length > 0 ? [kinds.slice(0, 10).join(', ')] : []),
      ...(this.plain > 0 ? [said('{0} without an ending', this.plain)] : []),
      ...(this.deep > 0 ? [said('{0} folders too deep', this.deep)] : []),
      ...(this.links > 0 ? [said('{0} links to folders, or out of the folder', this.links)] : []),
    ]);
    return all ? [said('{0}: skipped all but PNG, JPEG, WebP and GIF files: {1}', folder, all)] : [];
  }
}
