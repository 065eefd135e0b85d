/**
 * Gaussian-process regression for the search: small, exact, and the same on every platform.
 *
 *     const gp = fitGp({ x, y, kinds: ['ordered', 'category', 'optional'] });
 *     gp.predict(Float64Array.of(0.3, 2, ABSENT)); // { mean, variance } without noise, in y's units
 *     fitGp({ x: more, y: moreY, kinds, start: gp.theta, evaluations: 10 }); // quicker: from earlier hyperparameters
 *
 * kernel.ts describes how the kernel treats each kind of column, likelihood.ts the priors of the hyperparameters. A fit
 * takes about `evaluations` times 2 n³/3 operations, so 300 rows are a good limit. `predict` takes about n²/2;
 * `gp.model` works in standardized units, doesn't allocate, and has gradients.
 */
export { fitGp, type FitOptions, type Gp } from './fit.js';
export { ABSENT, type ColumnKind } from './kernel.js';
export type { Model, Moments } from './model.js';
export type { Prior } from './likelihood.js';
