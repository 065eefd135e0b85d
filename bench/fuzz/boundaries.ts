import { FILES } from './files.js';
import { MESSAGES } from './messages.js';
import type { Boundary } from './types.js';

export const BOUNDARIES: Boundary[] = [...FILES, ...MESSAGES];
/** Of an input where its boundary says nothing else. */
export const USUAL = { milliseconds: 2000, megabytes: 400 };
