import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Does work in no client's language, and with it all that the work leads to later: what runs and shared connections say is
 * stored, or heard by clients of other languages.
 */
export const outside = AsyncLocalStorage.snapshot();
