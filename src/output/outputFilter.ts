/**
 * Makes a program's output safe to show in a terminal: keeps colors and the cursor movements that progress bars need;
 * removes everything that could set the clipboard or the title, hide a link's target, switch screens, request an answer
 * from the terminal or manipulate its state. Works on chunks: a sequence may be cut anywhere.
 */

const KEPT_CONTROLS = /[\u0007-\u000a\u000d]/;
/** A sequence that is longer than this is no honest one. */
const LONGEST = 256;

type State = 'text' | 'escape' | 'csi' | 'string' | 'stringEscape' | 'intermediate';

export class OutputFilter {
  private state: State = 'text';
  private sequence = '';
  private lastWasReturn = false;

  /**
   * Returns the safe part of the chunk, with `\r
   * ` in place of `
   * `.
   */
  push(text: string): string {
    const out: string[] = [];
    for (const character of text) this.take(character, out);
    return out.join('');
  }

  private take(character: string, out: string[]): void {
    const code = character.codePointAt(0)!;
    switch (this.state) {
      case 'text':
        return this.text(character, code, out);
      case 'escape':
        if (character === '[') return this.begin('csi');
        if (']PX^_'.includes(character)) return this.begin('string');
        if (code >= 0x20 && code <= 0x2f) return this.begin('intermediate');
        this.state = 'text';
        // Saving and restoring the cursor is harmless; resets, charsets and the rest are dropped.
        if (character === '7' || character === '8') out.push(`\u001b${character}`);
        else if (code === 0x1b) this.state = 'escape';
        else if (code < 0x20) this.text(character, code, out);
        return;
      case 'intermediate':
        if (code < 0x20 || code > 0x2f) this.state = 'text';
        return;
      case 'csi':
        return this.csi(character, code, out);
      case 'string':
        if (code === 0x07 || code === 0x9c) this.state = 'text';
        else if (code === 0x1b) this.state = 'stringEscape';
        // A string that does not end within its line comes from a broken program, which is no reason to lose the rest.
        else if (character === '\n') this.recover(character, code, out);
        return;
      case 'stringEscape':
        this.state = character === '\\' ? 'text' : 'escape';
        if (this.state === 'escape') this.take(character, out);
        return;
    }
  }

  private begin(state: State): void {
    this.state = state;
    this.sequence = '';
  }

  private recover(character: string, code: number, out: string[]): void {
    this.state = 'text';
    this.text(character, code, out);
  }

  private text(character: string, code: number, out: string[]): void {
    if (code === 0x1b) this.state = 'escape';
    else if (code === 0x9b) this.begin('csi');
    else if (code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)) this.begin('string');
    else if (character === '\n') out.push(this.lastWasReturn ? '\n' : '\r\n');
    else if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
      // The bell is dropped, too: a loop that rings is a nuisance that nobody can stop.
      if (KEPT_CONTROLS.test(character) && code !== 0x07) out.push(character);
    } else out.push(character);
    this.lastWasReturn = character === '\r';
  }

  private csi(character: string, code: number, out: string[]): void {
    if (code >= 0x40 && code <= 0x7e) {
      this.state = 'text';
      const kept = /^[\d;:]*$/.test(this.sequence) && keptFinal(character, this.sequence);
      if (kept) out.push(`\u001b[${this.sequence}${character}`);
      return;
    }
    if (code < 0x20 || code > 0x3f) return this.recover(character, code, out);
    this.sequence += character;
    if (this.sequence.length > LONGEST) this.state = 'text';
  }
}

/** Colours (m), erasing in the line (K), to the end of the screen (J, 0J), and moves: A-G, by few lines. */
function keptFinal(final: string, parameters: string): boolean {
  if (final === 'm' || final === 'K') return true;
  if (final === 'J') return parameters === '' || parameters === '0';
  return 'ABCDEFG'.includes(final) && /^\d{0,4}$/.test(parameters);
}
