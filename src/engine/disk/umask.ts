/**
 * Files of the engine and its supervisors are private to this user; the programs that they start keep the person's
 * umask.
 */

let given: number | null = null;

/**
 * Call it once, when the process starts. `persons` is the umask for started programs, by default the one that this
 * process inherited.
 */
export function keepFilesPrivate(persons?: number): void {
  const before = process.umask(0o077);
  given = persons ?? before;
}

/** Returns the umask for a program of the person, null when it is the process's own. */
export function personsUmask(): number | null {
  return given;
}

/** Calls `start` with the person's umask, which a process started in it inherits. */
export function withPersonsUmask<T>(start: () => T): T {
  if (given === null) return start();
  const own = process.umask(given);
  try {
    return start();
  } finally {
    process.umask(own);
  }
}
