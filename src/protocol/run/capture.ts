/** The key `capture:` of an experiment file as it is written, and its normal form in `run.json`. */
import { z } from 'zod';
import { patternProblem } from './outputPattern.js';
import { CAPTURE_AUTO, CAPTURE_OFF, LIBRARIES, type Capture as Settings } from './captureSettings.js';

/** Patterns or globs, and characters in each, at most. */
const MOST = 100;
const LONGEST = 500;

const LibraryName = z.enum(LIBRARIES, {
  error: ({ input }) => `unknown library ${JSON.stringify(input) ?? ''}; known: ${LIBRARIES.join(', ')}`,
});
const Libraries = z.union([z.enum(['auto', 'off']), z.array(LibraryName)], {
  error: 'libraries must be auto, off or a list of names',
});
const texts = (name: string, what: string, problemOf: (text: string) => string | null = () => null) => {
  const error = `${name} must be auto, off or a list of at most ${MOST} ${what}`;
  const one = z
    .string({ error })
    .min(1, error)
    .max(LONGEST, `${name}: longer than ${LONGEST} characters`)
    .superRefine((text, context) => {
      const problem = problemOf(text);
      if (problem !== null) context.addIssue({ code: 'custom', message: `${name}: ${problem}` });
    });
  return z.union([z.enum(['auto', 'off']), z.array(one).min(1, error).max(MOST, error)], { error });
};
const Output = texts('output', 'patterns', patternProblem);
const Files = texts('files', 'file patterns');
const Wandb = z.enum(['listen', 'replace'], { error: 'wandb must be listen or replace' });
const System = z.boolean({ error: 'system must be true or false' });

/** The value as written. YAML 1.1 turns `off` into `false`. */
export const WrittenCapture = z
  .union(
    [
      z.enum(['auto', 'off']),
      z.boolean(),
      z.array(LibraryName),
      z.strictObject({
        libraries: Libraries.optional().describe(
          'Python libraries whose own logging is recorded, by an import hook: `auto` (all that are known), `off`, or names.',
        ),
        wandb: Wandb.optional().describe(
          '`listen`: a real wandb works as ever, and what it logs is recorded as well. `replace`: `import wandb` gives a stand-in that records here; the real one need not be installed.',
        ),
        output: Output.optional().describe(
          'Metrics read from what the program prints: `auto`, `off`, or patterns that name them.',
        ),
        files: Files.optional().describe(
          'Log files that the program writes (TensorBoard, CSV and others): `auto`, `off`, or globs relative to its working folder.',
        ),
        system: System.optional().describe('Use of CPU, memory, disk, network and GPU, sampled while the run works.'),
      }),
    ],
    { error: 'capture must be auto, off, a list of libraries, or settings such as { wandb: replace }' },
  )
  .describe(
    'What is recorded of a program that is not changed for Tunesmith: `auto` (everything), `off`, a list of libraries, or settings.',
  );
export type WrittenCapture = z.output<typeof WrittenCapture>;

export const Capture = z.object({
  libraries: Libraries,
  wandb: Wandb,
  output: Output,
  files: Files,
  system: System,
}) satisfies z.ZodType<Settings>;

export function normalCapture(written: WrittenCapture): Settings {
  if (written === 'auto' || written === true) return { ...CAPTURE_AUTO };
  if (written === 'off' || written === false) return { ...CAPTURE_OFF };
  if (Array.isArray(written)) return { ...CAPTURE_AUTO, libraries: written };
  const { libraries, wandb, output, files, system } = written;
  return {
    libraries: libraries ?? CAPTURE_AUTO.libraries,
    wandb: wandb ?? CAPTURE_AUTO.wandb,
    output: output ?? CAPTURE_AUTO.output,
    files: files ?? CAPTURE_AUTO.files,
    system: system ?? CAPTURE_AUTO.system,
  };
}
