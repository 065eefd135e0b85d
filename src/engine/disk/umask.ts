/** Whatever the engine and its supervisors create is this user's own; the programs they start keep the umask of the person. */

let given: number | null = null;

/** Call it once, when the process starts. `persons` is the umask for started programs, by default the one that this process got. */
export function keepFilesPrivate(persons?: number): void {
  const before = process.umask(0o077);
  given = persons ?? before;
}

/** The umask that a program of the person is to run with, null when it is the process's own. */
export function personsUmask(): number | null {
  return given;
}

/** Does `start` with the person's umask, which a process started in it inherits. */
export function withPersonsUmask<T>(start: () => T): T {
  if (given === null) return start();
  const own = process.umask(given);
  try {
    return start();
  } finally {
    process.umask(own);
  }
}
