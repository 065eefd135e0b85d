/**
 * Settings for what is observed of a run whose program does not use the client: the key `capture:` of an experiment
 * file in its normal form. The supervisor uses it, so it needs no schema library; `capture.ts` has the schemas.
 */

/** Libraries that can be captured, by the names of the modules in `python/tunesmith/capture`. */
export const LIBRARIES = [
  'absl',
  'accelerate',
  'argparse',
  'catboost',
  'click',
  'comet',
  'draccus',
  'fastai',
  'fire',
  'hydra',
  'jsonargparse',
  'keras',
  'lightgbm',
  'lightning',
  'mlflow',
  'omegaconf',
  'script',
  'sklearn',
  'tensorboard',
  'torch',
  'tqdm',
  'trackio',
  'transformers',
  'tyro',
  'wandb',
  'xgboost',
] as const;
export type Library = (typeof LIBRARIES)[number];

export interface Capture {
  /** Python libraries whose own calls are recorded. `auto`: all supported ones. */
  libraries: 'auto' | 'off' | Library[];
  /** `listen`: beside the real wandb; `replace`: in its place, so that it need not be installed. */
  wandb: 'listen' | 'replace';
  /** Metrics read from the program's output; patterns give their positions. */
  output: 'auto' | 'off' | string[];
  /** Log files that the program writes; globs say which, relative to its working folder. */
  files: 'auto' | 'off' | string[];
  /** Use of CPU, memory, disk, network and GPU while it runs. */
  system: boolean;
}

export const CAPTURE_AUTO: Readonly<Capture> = {
  libraries: 'auto',
  wandb: 'listen',
  output: 'auto',
  files: 'auto',
  system: true,
};
export const CAPTURE_OFF: Readonly<Capture> = {
  libraries: 'off',
  wandb: 'listen',
  output: 'off',
  files: 'off',
  system: false,
};

/**
 * Reads the normal form, as run.json has it, or a text: `auto`, `off`, names of libraries with commas, or the normal form as
 * JSON, as TUNESMITH_CAPTURE has it. Parts that are missing or make no sense are as in `auto`. Never throws.
 */
export function readCapture(value: unknown): Capture {
  if (typeof value === 'string') return readText(value.trim());
  if (typeof value !== 'object' || value === null) return { ...CAPTURE_AUTO };
  const { libraries, wandb, output, files, system } = value as Record<string, unknown>;
  const known = Array.isArray(libraries) ? libraries.filter(isLibrary) : null;
  return {
    libraries: known ?? (libraries === 'off' ? 'off' : 'auto'),
    wandb: wandb === 'replace' ? 'replace' : 'listen',
    output: texts(output),
    files: texts(files),
    system: system !== false,
  };
}

function readText(text: string): Capture {
  if (text === '' || text === 'auto') return { ...CAPTURE_AUTO };
  if (text === 'off') return { ...CAPTURE_OFF };
  if (!text.startsWith('{')) return readCapture({ libraries: text.split(',').map((name) => name.trim()) });
  try {
    return readCapture(JSON.parse(text));
  } catch {
    return { ...CAPTURE_AUTO };
  }
}

export const isLibrary = (value: unknown): value is Library => (LIBRARIES as readonly unknown[]).includes(value);

const texts = (value: unknown): 'auto' | 'off' | string[] =>
  Array.isArray(value)
    ? value.filter((each): each is string => typeof each === 'string')
    : value === 'off'
      ? 'off'
      : 'auto';
