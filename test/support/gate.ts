export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** What a test holds back until it opens it. */
export function createGate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  return { opened, open };
}
