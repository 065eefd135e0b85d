/** Moves blocks of a report by dragging or by buttons, and takes cards that are dragged here from the panel. */
import { l10n } from '../../src/format/l10n.js';
import type { FromReport, NewBlock } from '../../src/protocol/report.js';
import { BLOCK_MIME } from '../../src/protocol/run/mimes.js';

/** Data of a block that is dragged within the page. */
const OWN = 'application/vnd.tunesmith.place';

export class ReportOrder {
  private dragged: HTMLElement | null = null;
  /** The block and the button that get the focus once it has moved. */
  private moved: { block: number; by: string } | null = null;
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
  shown(): void {
    const { moved } = this;
    this.moved = null;
    if (!moved) return;
    const block = this.main.querySelector(`.r-block[data-block="${moved.block}"]`);
    block?.scrollIntoView({ block: 'nearest' });
    block?.querySelector<HTMLElement>(`[data-move="${moved.by}"]`)?.focus();
    const count = this.main.querySelectorAll('.r-block[data-block]').length;
    this.say(l10n.t('Block {0} of {1}', moved.block + 1, count));
  }

  /** Paragraphs and blocks in their order, each with the line where it begins. */
  private get pieces(): HTMLElement[] {
    return [...this.main.querySelectorAll<HTMLElement>(':scope > [data-at]')];
  }

  private clicked(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>('[data-move]');
    const block = button?.closest<HTMLElement>('.r-block[data-block]');
    if (!button || !block) return;
    const { pieces } = this;
    const at = pieces.indexOf(block);
    const to = at + Number(button.dataset.move);
    if (to < 0 || to >= pieces.length) return;
    this.move(block, to < at ? pieces[to]! : (pieces[to + 1] ?? null), button.dataset.move!);
  }

  /** Moves a block before another piece; null: to the end. */
  private move(block: HTMLElement, before: HTMLElement | null, by: string): void {
    const { pieces } = this;
    const rest = pieces.filter((piece) => piece !== block);
    const place = before === null ? rest.length : rest.indexOf(before);
    if (place < 0 || before === block || pieces[pieces.indexOf(block) + 1] === before) return;
    const index = rest.slice(0, place).filter((piece) => piece.dataset.block !== undefined).length;
    this.moved = { block: index, by };
    this.post({ type: 'move', block: Number(block.dataset.block), before: lineOf(before) });
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
    else this.post({ type: 'add', block: parsed(text), before: lineOf(before) });
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
