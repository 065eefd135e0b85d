/** Moves blocks of a report by dragging or by buttons, and takes cards that are dragged here from the panel. */
import { l10n } from '../../src/format/l10n.js';
import type { FromReport, NewBlock } from '../../src/protocol/report.js';
import { BLOCK_MIME } from '../../src/protocol/run/mimes.js';

/** Data of a block that is dragged within the page. */
const OWN = 'application/vnd.tunesmith.place';

export class ReportOrder {
  private dragged: HTMLElement | null = null;
  /** The version of the text that the page shows. */
  private version = -1;
  /** The block that was asked to be moved, and the button that gets the focus; whether it has moved. */
  private moved: { block: number; by: string; isDone: boolean } | null = null;
  /** Arrows that were pressed since then. */
  private presses: string[] = [];
  private readonly mark = document.createElement('div');

  constructor(
    private readonly main: HTMLElement,
    private readonly post: (message: FromReport) => void,
    private readonly say: (text: string) => void,
  ) {
    this.mark.className = 'r-drop';
    main.addEventListener('click', (event) => this.clicked(event));
    main.addEventListener('dragstart', (event) => this.started(event));
    main.addEventListener('dragend', () => this.ended());
    document.addEventListener('dragover', (event) => this.over(event));
    document.addEventListener('dragleave', (event) => event.relatedTarget === null && this.mark.remove());
    document.addEventListener('drop', (event) => this.dropped(event));
  }

  /** The page was drawn again. */
  shown(version: number): void {
    this.version = version;
    // A dragged block is no longer on the page.
    this.ended();
    const { moved } = this;
    if (!moved?.isDone) return;
    this.moved = null;
    const block = this.main.querySelector<HTMLElement>(`.r-block[data-block="${moved.block}"]`);
    block?.scrollIntoView({ block: 'nearest' });
    const buttons = [...(block?.querySelectorAll<HTMLButtonElement>('[data-move]:not(:disabled)') ?? [])];
    (buttons.find(({ dataset }) => dataset.move === moved.by) ?? buttons[0])?.focus();
    const count = this.main.querySelectorAll('.r-block[data-block]').length;
    this.say(l10n.t('Block {0} of {1}', moved.block + 1, count));
    const [next, ...rest] = this.presses;
    this.presses = block && next !== undefined && this.press(block, next) ? rest : [];
  }

  /** Takes the host's answer to the last change. */
  changed(isDone: boolean, message: string): void {
    if (isDone && this.moved) this.moved.isDone = true;
    if (!isDone) [this.moved, this.presses] = [null, []];
    this.say(message);
  }

  /** Paragraphs and blocks in their order, each with the line where it begins. */
  private get pieces(): HTMLElement[] {
    return [...this.main.querySelectorAll<HTMLElement>(':scope > [data-at]')];
  }

  private clicked(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>('[data-move]');
    const block = button?.closest<HTMLElement>('.r-block[data-block]');
    if (!button || !block) return;
    // The page is about to show the last move: a second press follows it.
    if (this.moved) this.presses.push(button.dataset.move!);
    else this.press(block, button.dataset.move!);
  }

  /** Moves a block past its neighbour. Returns false if there is none. */
  private press(block: HTMLElement, by: string): boolean {
    const { pieces } = this;
    const at = pieces.indexOf(block);
    const to = at + Number(by);
    if (to < 0 || to >= pieces.length) return false;
    return this.move(block, to < at ? pieces[to]! : (pieces[to + 1] ?? null), by);
  }

  /** Asks for a block to be moved before another piece; null: to the end. Returns false if it stands there. */
  private move(block: HTMLElement, before: HTMLElement | null, by: string): boolean {
    const { pieces } = this;
    const rest = pieces.filter((piece) => piece !== block);
    const place = before === null ? rest.length : rest.indexOf(before);
    if (place < 0 || before === block || pieces[pieces.indexOf(block) + 1] === before) return false;
    const index = rest.slice(0, place).filter((piece) => piece.dataset.block !== undefined).length;
    this.moved = { block: index, by, isDone: false };
    this.post({ type: 'move', block: Number(block.dataset.block), before: lineOf(before), version: this.version });
    return true;
  }

  private started(event: DragEvent): void {
    const handle = (event.target as Element).closest?.('.r-handle');
    const block = handle?.closest<HTMLElement>('.r-block[data-block]');
    if (!block || !event.dataTransfer) return;
    this.dragged = block;
    event.dataTransfer.setData(OWN, block.dataset.block!);
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setDragImage(block, 20, 20);
    block.classList.add('r-dragged');
  }

  private ended(): void {
    this.dragged?.classList.remove('r-dragged');
    this.dragged = null;
    this.mark.remove();
  }

  private over(event: DragEvent): void {
    const types = event.dataTransfer?.types ?? [];
    if (!this.dragged && !types.includes(BLOCK_MIME)) return;
    event.preventDefault();
    event.dataTransfer!.dropEffect = this.dragged ? 'move' : 'copy';
    const before = this.placeAt(event.clientY);
    if (before) before.before(this.mark);
    else this.main.append(this.mark);
  }

  /** The piece before which the pointer is; null: behind all. */
  private placeAt(y: number): HTMLElement | null {
    return (
      this.pieces.find((piece) => {
        const { top, height } = piece.getBoundingClientRect();
        return y < top + height / 2;
      }) ?? null
    );
  }

  private dropped(event: DragEvent): void {
    const { dragged } = this;
    const text = event.dataTransfer?.getData(BLOCK_MIME) ?? '';
    if (!dragged && text === '') return;
    event.preventDefault();
    const before = this.placeAt(event.clientY);
    this.ended();
    if (dragged) this.move(dragged, before, '1');
    // The host checks what another page has sent.
    else this.post({ type: 'add', block: parsed(text), before: lineOf(before), version: this.version });
  }
}

const lineOf = (piece: HTMLElement | null): number | null => (piece === null ? null : Number(piece.dataset.at));

function parsed(text: string): NewBlock {
  try {
    return JSON.parse(text) as NewBlock;
  } catch {
    return { kind: '', keys: {} };
  }
}
