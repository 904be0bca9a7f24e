/** A command as it was sent: its name and its arguments. */
export type RedisCommand = readonly string[];

const CR = 13;

/** Reads the commands of one connection; what is not there as a whole waits for the rest. */
export function createCommandReader(onCommand: (command: RedisCommand) => void): (data: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0);
  return data => {
    waiting = waiting.length === 0 ? data : Buffer.concat([waiting, data]);
    for (let read = readCommand(waiting); read !== null; read = readCommand(waiting)) {
      waiting = waiting.subarray(read.length);
      onCommand(read.command);
    }
  };
}

/** `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`; null: it is not all there. */
function readCommand(bytes: Buffer): { readonly command: RedisCommand; readonly length: number } | null {
  let at = 0;
  const number = (): number | null => {
    const end = bytes.indexOf(CR, at);
    if (end === -1) return null;
    const text = bytes.toString('latin1', at + 1, end);
    at = end + 2;
    return Number(text);
  };
  const count = number();
  if (count === null) return null;
  const command: string[] = [];
  for (let i = 0; i < count; i++) {
    const size = number();
    if (size === null || bytes.length < at + size + 2) return null;
    command.push(bytes.toString('latin1', at, at + size));
    at += size + 2;
  }
  return { command, length: at };
}
