import type { RunClient } from './run.js';
export declare function liveRun(): RunClient | null;
export declare function silentRun(): RunClient;
