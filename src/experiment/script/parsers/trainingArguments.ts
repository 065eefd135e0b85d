/** The options of Hugging Face's TrainingArguments that people tune, with the library's defaults. */
import type { ScriptArgument } from '../types.js';

const OPTIONS: Omit<ScriptArgument, 'line' | 'pass' | 'isList' | 'required'>[] = [
  { name: 'learning_rate', kind: 'float', value: 5e-5 },
  { name: 'weight_decay', kind: 'float', value: 0 },
  { name: 'per_device_train_batch_size', kind: 'int', value: 8 },
  { name: 'gradient_accumulation_steps', kind: 'int', value: 1 },
  { name: 'num_train_epochs', kind: 'float', value: 3 },
  { name: 'warmup_steps', kind: 'int', value: 0 },
  { name: 'max_grad_norm', kind: 'float', value: 1 },
  {
    name: 'lr_scheduler_type',
    kind: 'text',
    value: 'linear',
    choices: ['linear', 'cosine', 'constant', 'constant_with_warmup', 'polynomial'],
  },
  { name: 'seed', kind: 'int', value: 42 },
];

/** `line`: where the script names the class. */
export function trainingArguments(line: number): ScriptArgument[] {
  const pass = (name: string) => ({ how: 'option' as const, option: `--${name}`, joined: false });
  const options = OPTIONS.map((option) => ({
    ...option,
    line,
    isList: false,
    required: false,
    pass: pass(option.name),
  }));
  const output: ScriptArgument = {
    name: 'output_dir',
    kind: 'text',
    isList: false,
    required: true,
    line,
    pass: pass('output_dir'),
  };
  return [output, ...options];
}
