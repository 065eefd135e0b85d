/** Prepares TensorFlow.js for training: registers the gradients of all operations and disables debugging. */
import { enableProdMode } from '@tensorflow/tfjs-core';
import './gradients.js';

// Production mode skips the checks and hints of the debugging mode.
enableProdMode();
