import { FilterError, parseFilter } from '../../../src/query/filter/index.js';

/** Returns the filter as it is sent: '' for one that is not valid, whose mistake is shown below its field. */
export function validFilter(text: string): string {
  try {
    parseFilter(text);
    return text.trim();
  } catch (error) {
    if (error instanceof FilterError) return '';
    throw error;
  }
}
