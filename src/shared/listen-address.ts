export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):(\d{1,5})$/;

/** @throws RangeError when the text is not `host:port` (an IPv6 host in brackets, port 0 to 65535). */
export function parseListenAddress(text: string): ListenAddress {
  const match = ADDRESS.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new RangeError(`"${text}" is not an address to listen on; write host:port, as in "127.0.0.1:4000"`);
  }
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
}
