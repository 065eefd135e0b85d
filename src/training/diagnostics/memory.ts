import * as tf from '@tensorflow/tfjs-core';

const MB = 1e6;

/** Returns the memory in megabytes of this process and of all tensors (wherever they are). */
export function memoryUse(): Record<string, number> {
  return {
    'system/memory_mb': process.memoryUsage.rss() / MB,
    'system/tensors_mb': tf.memory().numBytes / MB,
  };
}
