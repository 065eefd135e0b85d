/** Scripts without an experiment file: their arguments, how they are started, and the experiment file that is written from them. */
export { findScript } from './find.js';
export { readScript, tuneFileOf, type ReadScript } from './folder.js';
export { isScript, SCRIPT_ENDINGS } from './command.js';
export { missingOf, plainRunText, type ScriptPlace } from './plainRun.js';
export { tuneText, type EarlierRuns } from './tuneText.js';
export type { FoundScript, Folder, Neighbors, ScriptArgument } from './types.js';
