/**
 * Pictures in the cells of a table: a cell of the CSV file is `![caption](media/name.png)`, with a file of the run's media folder.
 * Any other program reads the CSV as before.
 */
export interface PictureCell {
  caption: string;
  /** Path of the picture in the run's folder, with slashes. */
  path: string;
}

/** Path of a picture that a cell may name: a plain name in the media folder. */
export const PICTURE_PATH = /^media\/[\w-][\w.-]{0,250}$/;
const CELL = /^!\[([^\n]{0,2000})\]\((media\/[^\s/()]{1,251})\)$/;

export function pictureCell({ caption, path }: PictureCell): string {
  return `![${caption.replace(/\s+/g, ' ').slice(0, 2000)}](${path})`;
}

/** Returns the picture that a cell refers to; null if it is a text or a number. */
export function pictureIn(cell: string): PictureCell | null {
  if (!cell.startsWith('![')) return null;
  const [, caption, path] = CELL.exec(cell) ?? [];
  return caption !== undefined && path !== undefined && PICTURE_PATH.test(path) ? { caption, path } : null;
}
