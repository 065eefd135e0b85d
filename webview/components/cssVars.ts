import { noChange } from 'lit';
import { Directive, directive, PartType, type ElementPart, type PartInfo } from 'lit/directive.js';
import { entryOf, hasEntry } from '../../src/protocol/values/records.js';

/**
 * Sets style properties through the CSS object model. A `style` attribute (which Lit's styleMap writes at first) would be
 * blocked by the content security policy.
 */
class StyleProperties extends Directive {
  private before: Record<string, string> = {};

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error('styles() belongs on an element');
  }

  render(_styles: Record<string, string>): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [styles]: [Record<string, string>]): typeof noChange {
    const { style } = part.element as HTMLElement;
    for (const name of Object.keys(this.before)) if (!hasEntry(styles, name)) style.removeProperty(name);
    for (const [name, value] of Object.entries(styles)) {
      if (entryOf(this.before, name) !== value) style.setProperty(name, value);
    }
    this.before = { ...styles };
    return noChange;
  }
}

export const styles = directive(StyleProperties);
