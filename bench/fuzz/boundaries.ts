import { FILES } from './files.js';
import { FOREIGN } from './foreign.js';
import { MESSAGES } from './messages.js';
import { SCENES } from './scenes.js';
import type { Boundary } from './types.js';

export const BOUNDARIES: Boundary[] = [...FILES, ...FOREIGN, ...SCENES, ...MESSAGES];
/** Limits of an input, unless its boundary sets others. */
export const USUAL = { milliseconds: 2000, megabytes: 400 };
