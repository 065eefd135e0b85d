/** Experiment files open in editors, read once per version. The reader is loaded with the first one. */
import type * as vscode from 'vscode';
import { FILE_ENDINGS, FILE_GLOB } from '../manifest/ids.js';
import type { FileLenses, ParsedExperiment } from '../../experiment/types.js';

export const SELECTOR: vscode.DocumentSelector = [{ scheme: 'file', pattern: FILE_GLOB }];

/** The package that reads experiment files; heavy, so loaded when first used. */
export const loadExperiments = () => import('../../experiment/index.js');

export interface Read {
  version: number;
  parsed: ParsedExperiment;
  lenses: FileLenses;
}

export function isExperimentDocument(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'file' && FILE_ENDINGS.some((ending) => document.uri.path.endsWith(ending));
}

export class Documents {
  private readonly reads = new WeakMap<vscode.TextDocument, Read>();

  async read(document: vscode.TextDocument): Promise<Read> {
    const experiments = await loadExperiments();
    const known = this.reads.get(document);
    if (known?.version === document.version) return known;
    const text = document.getText();
    const read = {
      version: document.version,
      parsed: experiments.parseExperiment(text, document.uri.fsPath),
      lenses: experiments.lenses(text),
    };
    this.reads.set(document, read);
    return read;
  }
}
