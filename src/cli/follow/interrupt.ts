/** Ctrl+C: the first asks for an orderly end, the second leaves at once. */
export interface Interrupt {
  /** Resolves when the person presses Ctrl+C. */
  readonly left: Promise<void>;
  dispose(): void;
}

export function onInterrupt(stop: () => Promise<void>): Interrupt {
  let leave: () => void;
  const left = new Promise<void>((resolve) => (leave = resolve));
  let asked = false;
  const listener = (): void => {
    if (asked) return leave();
    asked = true;
    stop().catch((error: Error) => {
      process.stderr.write(`${error.message}\n`);
      leave();
    });
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    left,
    dispose() {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}
