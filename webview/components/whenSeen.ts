import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Knows whether an element is on the screen or near it, and tells when it comes there. */
export class WhenSeen implements ReactiveController {
  isSeen = false;
  private readonly observer: IntersectionObserver;

  constructor(
    private readonly host: ReactiveControllerHost & Element,
    private readonly appears: () => void,
  ) {
    this.observer = new IntersectionObserver((entries) => this.seen(entries.at(-1)!.isIntersecting), {
      rootMargin: '200px',
    });
    host.addController(this);
  }

  hostConnected(): void {
    this.observer.observe(this.host);
  }

  hostDisconnected(): void {
    this.observer.disconnect();
    this.isSeen = false;
  }

  private seen(isSeen: boolean): void {
    this.isSeen = isSeen;
    if (isSeen) this.appears();
  }
}
