/** The option `--capture` of commands that start programs. */
import { problemsOf } from '../experiment/network/problems.js';
import { readTypedValue } from '../experiment/index.js';
import { normalCapture, WrittenCapture } from '../protocol/run/capture.js';
import type { Capture } from '../protocol/run/captureSettings.js';
import type { Input, Option } from './command.js';
import { UsageError } from './errors.js';
import { l10n } from '../format/l10n.js';

export const CAPTURE_OPTION: Option = {
  type: 'string',
  value: 'WHAT',
  help: l10n.t(
    "What is recorded of a program that is not changed for Tunesmith: auto, off, libraries such as keras,tqdm, or settings such as '{ wandb: replace }'. Default: the file's.",
  ),
};

/** Reads the option, which is written as in an experiment file; a list may do without brackets. Throws UsageError. */
export function readCaptureOption(input: Input): { capture?: Capture } {
  const text = input.text('capture');
  if (text === undefined) return {};
  let value: unknown;
  try {
    ({ value } = readTypedValue(text));
  } catch (error) {
    throw new UsageError(`--capture: ${(error as Error).message}.`);
  }
  if (typeof value === 'string' && value !== 'auto' && value !== 'off')
    value = value.split(',').map((name) => name.trim());
  const read = WrittenCapture.safeParse(value);
  if (read.success) return { capture: normalCapture(read.data) };
  const [problem] = problemsOf(read.error.issues, value, WrittenCapture);
  throw new UsageError(`--capture: ${problem?.message ?? l10n.t('is not valid')}.`);
}
