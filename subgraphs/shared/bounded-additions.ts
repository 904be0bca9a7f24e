/**
 * Forgets the oldest additions beyond `limit` and tells `forget` of each: anybody may add to the example
 * data for as long as the process runs, and its memory must not grow with that.
 */
export function createAdditions<Row>(limit: number, forget: (row: Row) => void): (row: Row) => void {
  const added: Row[] = [];
  return row => {
    added.push(row);
    const oldest = added.length > limit ? added.shift() : undefined;
    if (oldest !== undefined) forget(oldest);
  };
}
