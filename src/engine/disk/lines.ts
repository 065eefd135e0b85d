import { StringDecoder } from 'node:string_decoder';

/**
 * Cuts a byte stream into lines. A line over `limit` characters is dropped up to its end (`onOversize` is told),
 * so a peer that never ends its line can't fill the memory.
 */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private skipping = false;

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly onOversize: () => void,
    private readonly limit = 8 * 1024 * 1024,
  ) {}

  push(bytes: Buffer): void {
    let text = this.rest + this.decoder.write(bytes);
    for (;;) {
      const end = text.indexOf('\n');
      if (end < 0) break;
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      if (this.skipping) this.skipping = false;
      else if (line.trim() !== '') this.onLine(line);
    }
    if (text.length > this.limit) {
      if (!this.skipping) this.onOversize();
      this.skipping = true;
      text = '';
    }
    this.rest = this.skipping ? '' : text;
  }
}
