/** A mistake of the person's in what was asked of the search; the message says what and what to do. */
export class SearchError extends Error {
  override name = 'SearchError';
}

/** A mistake in one parameter of the space. */
export class SpaceError extends SearchError {
  override name = 'SpaceError';
  constructor(
    /** The parameter at fault, or null when it is the space as a whole. */
    readonly parameter: string | null,
    message: string,
  ) {
    super(message);
  }
}
