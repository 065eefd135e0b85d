/** The engine ended because nothing can be written: its log may then say nothing, so whoever started it does. */
export const EXIT_DISK_FULL = 3;
/** The engine met an error that nothing had foreseen. Its log says which. */
export const EXIT_UNEXPECTED = 70;
