/** Makes TensorFlow.js ready for training: gradients of all operations, no debugging. */
import { enableProdMode } from '@tensorflow/tfjs-core';
import './gradients.js';

// Without the checks and advertisements of its debugging mode.
enableProdMode();
