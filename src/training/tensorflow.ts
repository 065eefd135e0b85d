/** Loads what TensorFlow.js does not load by itself: gradients of all operations. Imported where training starts. */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
