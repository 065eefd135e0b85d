import type { Format } from '../types.js';
import { findTensorBoard } from './find.js';

/** Event files of TensorBoard, whichever library wrote them: TensorFlow, Keras, PyTorch, tensorboardX, JAX, … */
export const tensorboard: Format = { id: 'tensorboard', title: 'TensorBoard', find: findTensorBoard };
