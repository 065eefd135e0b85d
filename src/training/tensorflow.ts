/** Loads what TensorFlow.js does not load by itself: gradients of all operations. Imported where training starts. */
import { enableProdMode } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

// Without the checks and advertisements of its debugging mode.
enableProdMode();
