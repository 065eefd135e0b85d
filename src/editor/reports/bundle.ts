/** Loads the code of reports, which is a bundle of its own. */
import { createRequire } from 'node:module';
import * as path from 'node:path';
import type * as Reports from '../../report/index.js';
import { translate } from '../translations.js';

export type { Reports };
let loaded: typeof Reports | undefined;

export function loadReports(distFolder: string): typeof Reports {
  if (!loaded) {
    loaded = createRequire(path.join(distFolder, 'extension.cjs'))('./report.cjs') as typeof Reports;
    loaded.useTranslations(translate);
  }
  return loaded;
}

/** The fonts that come with the extension, for PDFs. */
export const fontsFolder = (distFolder: string): string => path.join(distFolder, 'fonts');
