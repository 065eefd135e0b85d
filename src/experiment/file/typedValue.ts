/** A single YAML value typed by a person, such as a range or a setting of the command line. */
import type { FloatMark } from '../../protocol/values/floats.js';
import { Source } from './source.js';

/** Throws a SyntaxError with the first problem. */
export function readTypedValue(text: string): { value: unknown; floats: FloatMark } {
  const source = new Source(text, 'value.yaml');
  const error = source.problems.find(({ severity }) => severity === 'error');
  if (error) throw new SyntaxError(error.message);
  return { value: source.value, floats: source.floatsAt([]) };
}
