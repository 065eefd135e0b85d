/** Backends that this machine has: paths with second derivatives are tested on each. */
import { cpu } from '../../../src/training/backends/cpu.js';
import { tensorflowPython } from '../../../src/training/backends/native/tensorflowPython.js';
import { tfjsNode } from '../../../src/training/backends/native/tfjsNode.js';
import { wasm } from '../../../src/training/backends/webAssembly/wasm.js';

const native = [tensorflowPython, tfjsNode].find((backend) => backend.missing() === null);
export const PRESENT = [cpu, wasm, ...(native ? [native] : [])];
