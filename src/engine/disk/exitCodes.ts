/**
 * The engine ended because it can't write. Its log may be empty then, so the client that started it reports the reason.
 */
export const EXIT_DISK_FULL = 3;
/** The engine met an unexpected error, which its log contains. */
export const EXIT_UNEXPECTED = 70;
