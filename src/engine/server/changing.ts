import type { RequestName } from '../../protocol/engine/index.js';

/**
 * Requests that start something or change files. Stopping, pausing and steering are excluded: they reach a program,
 * even if its folder is gone.
 */
export const CHANGING: readonly RequestName[] = [
  ...(
    ['start', 'rerun', 'branch', 'resume', 'rename', 'tag', 'note', 'delete', 'restore', 'purge', 'pack'] as const
  ).map((what) => `runs/${what}` as const),
  ...(['start', 'resume', 'retry', 'enqueue', 'change', 'delete'] as const).map((what) => `searches/${what}` as const),
];
