// The Python tier: unittest, with PyTorch when it can be had.
import { inProject, root } from '../lib/paths.mjs';
import { run } from '../lib/process.mjs';
import { systemPython } from '../setup/python.mjs';
import { emptyResult } from './result.mjs';

/** `python` is an interpreter with torch, or undefined with `reason`. */
export async function python({ env, torch }) {
  const result = emptyResult();
  const interpreter = torch.python ?? systemPython();
  if (!interpreter) {
    result.skipped.push('python: no Python 3.9 or newer was found');
    return result;
  }
  if (!torch.python) result.skipped.push(`python: training a real PyTorch network (${torch.reason})`);
  const { code, output, timedOut } = await run(
    interpreter,
    ['-m', 'unittest', 'discover', '-s', 'test/python', '-t', 'test/python', '-v'],
    {
      cwd: root,
      env: { ...env, PYTHONPATH: inProject('python'), PYTHONDONTWRITEBYTECODE: '1' },
      timeout: 10 * 60_000,
      check: false,
    },
  );
  const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
  const skipped = [...output.matchAll(/^(.+?) (?:\.\.\. )?skipped ['"](.*)['"]$/gm)];
  for (const [, title, reason] of skipped) result.skipped.push(`python: ${title} (${reason})`);
  const failures = [...output.matchAll(/^(?:FAIL|ERROR): (.+)$/gm)].map(([, title]) => title);
  result.failed = failures.length;
  result.failures.push(...failures.map((title) => `python: ${title}`));
  result.passed = Math.max(0, ran - failures.length - skipped.length);
  if (timedOut || (code !== 0 && result.failed === 0 && ran > 0) || (ran === 0 && code !== 5)) {
    result.failed++;
    result.failures.push(
      timedOut ? 'python: took longer than 10 minutes' : `python: unittest exited with ${code}\n${output.slice(-1500)}`,
    );
  }
  return result;
}
