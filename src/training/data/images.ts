import { TrainingError } from '../errors.js';
import type { DataSource } from '../../experiment/network/index.js';
import type { LoadContext, OpenData } from './types.js';
export function openImages(_s: Extract<DataSource, { kind: 'images' }>, _c: LoadContext): Promise<OpenData> {
  throw new TrainingError('data: images is not there yet');
}
