import * as fs from 'node:fs';

/** Moves a damaged SQLite file and its companions to a new name. Returns the new path; nothing is deleted. */
export function moveAside(file: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  for (const end of ['', '-wal', '-shm']) {
    if (fs.existsSync(file + end)) fs.renameSync(file + end, aside + end);
  }
  return aside;
}
