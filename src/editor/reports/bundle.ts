/** Loads the code of reports, which is a bundle of its own. */
import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type * as Reports from '../../report/index.js';

export type { Reports };
let loaded: typeof Reports | undefined;

export function loadReports(distFolder: string): typeof Reports {
  if (!loaded) {
    loaded = createRequire(path.join(distFolder, 'extension.cjs'))('./report.cjs') as typeof Reports;
    loaded.useTranslations(vscode.l10n.t);
  }
  return loaded;
}

/** The fonts that come with the extension, for PDFs. */
export const fontsFolder = (distFolder: string): string => path.join(distFolder, 'fonts');
