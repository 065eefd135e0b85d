/** Registry of losses: a new one is one file and one line here. */
import type { Network } from '../../experiment/network/index.js';
import { crossEntropy } from './crossEntropy.js';
import { mse } from './mse.js';
import type { Loss } from './types.js';

export const losses: Record<Network['loss'], Loss> = { crossEntropy, mse };
export type { Loss };
