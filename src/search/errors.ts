/** A user's mistake in a request to the search; the message says what is wrong and how to fix it. */
export class SearchError extends Error {
  override name = 'SearchError';
}

/** A user's mistake in one parameter of the space. */
export class SpaceError extends SearchError {
  override name = 'SpaceError';
  constructor(
    /** Name of the faulty parameter, or null if the space as a whole is at fault. */
    readonly parameter: string | null,
    message: string,
  ) {
    super(message);
  }
}
