/** Comparison of trials with several objectives. */
export * from './dominance.js';
export * from './hypervolume.js';
