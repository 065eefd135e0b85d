/** The setup that `scripts/test.mjs` prepared for these tests. */
import type { Editor } from '../../../scripts/lib/editorServer.mjs';

export interface Setup {
  latest: Editor;
  browser: string;
  vsix: string;
  /** A folder that is removed afterwards. */
  scratch: string;
  /** Where screenshots go. */
  screenshots: string;
  /** A Python with PyTorch, or why there is none. */
  torch: { python?: string; reason?: string };
}

function read(): Setup {
  const text = process.env.TUNESMITH_E2E;
  if (!text) throw new Error('Start these tests with: npm test -- e2e');
  return JSON.parse(text) as Setup;
}

export const setup = read();
