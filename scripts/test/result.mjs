// Results of a tier of tests, and their sum.

/** @returns {{ passed: number, failed: number, skipped: string[], failures: string[] }} */
export const emptyResult = () => ({ passed: 0, failed: 0, skipped: [], failures: [] });

/** Counts one check; its failure is told by the error's message. */
export async function check(result, title, work) {
  try {
    await work();
    result.passed++;
  } catch (error) {
    result.failed++;
    result.failures.push(`${title}: ${error.message ?? error}`);
  }
}

export function add(total, result) {
  total.passed += result.passed;
  total.failed += result.failed;
  total.skipped.push(...result.skipped);
  total.failures.push(...result.failures);
}

/** The last line that `npm test` prints. */
export const summary = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
