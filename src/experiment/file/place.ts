/** Finds the position of something in an experiment file. */
import { Source, type Path } from './source.js';

/** Returns line and column, both counted from 1, of the value that a path leads to, or of the nearest thing around it. */
export function placeInFile(text: string, file: string, path: Path): { line: number; column: number } {
  const source = new Source(text, file);
  return source.lineOf(source.rangeOf(path).start);
}
