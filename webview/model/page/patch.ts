/** A patch in the form that git writes, taken apart for showing. */

export interface PatchFile {
  name: string;
  added: number;
  removed: number;
  lines: { kind: 'hunk' | 'added' | 'removed' | 'same' | 'note'; text: string }[];
  /** True if lines were left out. */
  cut: boolean;
}

const MOST_LINES = 5000;

export function patchFiles(patch: string): PatchFile[] {
  return patch
    .split(/^diff --git /m)
    .slice(1)
    .map((part) => {
      const [head = '', ...lines] = part.replace(/\n$/, '').split('\n');
      const named = (sign: string, side: string) =>
        lines
          .find((line) => line.startsWith(`${sign} ${side}/`))
          ?.slice(6)
          .replace(/\t$/, '');
      const file: PatchFile = {
        name: named('+++', 'b') ?? named('---', 'a') ?? / b\/(.*)$/.exec(head)?.[1] ?? head,
        added: 0,
        removed: 0,
        lines: [],
        cut: false,
      };
      let inHunk = false;
      for (const line of lines) {
        if (line.startsWith('@@')) inHunk = true;
        const kind = inHunk ? kindOf(line) : 'note';
        if (kind === 'added') file.added++;
        if (kind === 'removed') file.removed++;
        if (!inHunk && !/^(new|deleted|rename|similarity|old mode|Binary|GIT binary)/.test(line)) continue;
        if (file.lines.length < MOST_LINES) file.lines.push({ kind, text: line });
        else file.cut = true;
      }
      return file;
    });
}

function kindOf(line: string): PatchFile['lines'][number]['kind'] {
  if (line.startsWith('@@')) return 'hunk';
  if (line.startsWith('+')) return 'added';
  if (line.startsWith('-')) return 'removed';
  return line.startsWith('\\') ? 'note' : 'same';
}
