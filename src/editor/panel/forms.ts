/** The hyperparameter form of an experiment file: read from the editor's text, checked, and written back in place. */
import { readFile } from 'node:fs/promises';
import type { FileForm, FormProblems } from '../../protocol/panel/index.js';
import type { Params } from '../../protocol/values/index.js';
import { changeFile, type FileChange } from '../edits.js';
import type { ExperimentFiles } from '../files.js';
import { loadExperiments } from '../language/documents.js';
import type { Places } from '../places.js';

export class Forms {
  constructor(
    private readonly files: ExperimentFiles,
    private readonly places: Places,
  ) {}

  async form(file: string): Promise<FileForm> {
    const text = await this.text(file);
    const { formOf, parseExperiment } = await loadExperiments();
    const place = await this.places.shown(file, parseExperiment(text, file).experiment);
    return { ...formOf(text, file), ...(place && { place: place.name }) };
  }

  async check(file: string, params: Params, space?: Record<string, string>): Promise<FormProblems> {
    const text = await this.text(file);
    return (await loadExperiments()).checkForm(text, file, params, space);
  }

  /** The form as it is afterwards. */
  async write(file: string, change: FileChange): Promise<FileForm> {
    await changeFile(file, change);
    return this.form(file);
  }

  private async text(file: string): Promise<string> {
    return this.files.document(file)?.getText() ?? readFile(file, 'utf8');
  }
}
