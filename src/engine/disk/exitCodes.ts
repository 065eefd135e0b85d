/** The engine ended because it can't write. Its log may then be empty, so the client that started it reports the reason. */
export const EXIT_DISK_FULL = 3;
/** The engine met an error that nothing had foreseen. Its log says which. */
export const EXIT_UNEXPECTED = 70;
