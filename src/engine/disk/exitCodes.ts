/** The engine ended because nothing can be written: its log may then say nothing, so whoever started it does. */
export const EXIT_DISK_FULL = 3;
