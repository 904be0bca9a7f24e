/**
 * Whether an object anywhere in a valid JSON text names a member twice. `JSON.parse` keeps the last and others
 * the first, so two readers of such a token would see different claims (RFC 7519, 4).
 */
export function repeatsMember(json: string): boolean {
  const open: (Set<string> | null)[] = [];
  for (let index = 0; index < json.length; index++) {
    const character = json[index];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(json, index);
      const names = open.at(-1);
      if (names && followedByColon(json, end)) {
        // Unescaped first: "s\u0075b" is another way to write "sub".
        const name = JSON.parse(json.slice(index, end + 1)) as string;
        if (names.has(name)) return true;
        names.add(name);
      }
      index = end;
    }
  }
  return false;
}

function endOfString(json: string, start: number): number {
  for (let index = start + 1; index < json.length; index++) {
    if (json[index] === '\\') index++;
    else if (json[index] === '"') return index;
  }
  return json.length;
}

const COLON = /[ \t\r\n]*:/y;

function followedByColon(json: string, end: number): boolean {
  COLON.lastIndex = end + 1;
  return COLON.test(json);
}
