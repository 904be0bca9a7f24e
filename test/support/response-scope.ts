/** What a response name stands for at one place of the answer. */
export interface ResponseEntry {
  readonly parent: string;
  readonly parentIsObject: boolean;
  /** Field name and arguments, as written. */
  readonly signature: string;
  readonly type: string;
  readonly isLeaf: boolean;
}

/**
 * The response names in use in one object of the answer, across every fragment that writes to it. Kept so
 * that what is generated can be merged (GraphQL specification, 5.3.2).
 */
export interface ResponseScope {
  readonly entries: Map<string, ResponseEntry[]>;
  readonly children: Map<string, ResponseScope>;
}

export function createScope(): ResponseScope {
  return { entries: new Map(), children: new Map() };
}

function canShare(left: ResponseEntry, right: ResponseEntry): boolean {
  if (left.type !== right.type) return false;
  if (left.signature === right.signature) return true;
  // Two object types never meet in one value, so there one name may stand for two fields of the same shape.
  const apart = left.parentIsObject && right.parentIsObject && left.parent !== right.parent;
  return apart && left.isLeaf && right.isLeaf;
}

/** Takes the name for the entry; false, and nothing is taken, when it stands for something else already. */
export function claim(scope: ResponseScope, name: string, entry: ResponseEntry): boolean {
  const entries = scope.entries.get(name) ?? [];
  if (!entries.every(other => canShare(other, entry))) return false;
  scope.entries.set(name, [...entries, entry]);
  return true;
}

export function childScope(scope: ResponseScope, name: string): ResponseScope {
  const child = scope.children.get(name) ?? createScope();
  scope.children.set(name, child);
  return child;
}
