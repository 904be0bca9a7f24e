import { printInclusion } from './condition.ts';
import { type Step, type Term, UNKNOWN } from './expression.ts';

/**
 * An expression as text, such as `10 + ($first ?? 10) × (1 + 2)`. What several places share gets a line of its own
 * and a name, so that the text is no longer than the expression.
 * @param steps those that the term needs, in their order.
 */
export function printExpression(term: Term, steps: readonly Step[]): string {
  if (typeof term === 'number') return String(term);
  const uses = new Map<Step, number>();
  for (const { operands } of steps) for (const step of operands) uses.set(step, (uses.get(step) ?? 0) + 1);
  const texts = new Map<Step, string>();
  const lines: string[] = [];
  for (const step of steps) {
    const text = textOf(step, operand => texts.get(operand) ?? '');
    const isShared = (uses.get(step) ?? 0) > 1 && step.kind !== 'read';
    if (isShared) lines.push(`${nameOf(lines.length)} = ${withoutParentheses(text)}`);
    texts.set(step, isShared ? nameOf(lines.length - 1) : text);
  }
  return [...lines, withoutParentheses(texts.get(term) ?? '')].join('\n');
}

/** a … z, a1 … z1, a2 … */
function nameOf(index: number): string {
  const round = Math.floor(index / 26);
  return `${String.fromCharCode(97 + (index % 26))}${round === 0 ? '' : round}`;
}

/** Sums and choices stand in parentheses, wherever they are. */
function textOf(
  { kind, constant, operands, factors, inclusion, read }: Step,
  text: (step: Step) => string,
): string {
  const parts = operands.map(text);
  switch (kind) {
    case 'read':
      return constant < 0 ? (read?.print() ?? '') : `(${read?.print()} ?? ${constant})`;
    case 'sum': {
      const terms = parts.map((part, index) => {
        if (factors[index] !== 1) return `${factors[index]} × ${part}`;
        return operands[index]?.kind === 'sum' ? withoutParentheses(part) : part;
      });
      return `(${(constant === 0 ? terms : [constant, ...terms]).join(' + ')})`;
    }
    case 'product':
      return (constant === 1 ? parts : [constant, ...parts]).join(' × ');
    case 'max':
      return `max(${(constant <= 0 ? parts : [...parts, constant]).map(withoutParentheses).join(', ')})`;
    case 'when':
      return `(${printInclusion(inclusion ?? [])} ? ${parts[0] ?? constant} : 0)`;
    case 'known':
      return `(${(constant === UNKNOWN ? parts : [...parts, constant]).map(withoutParentheses).join(' ?? ')})`;
  }
}

function withoutParentheses(text: string | number): string {
  const written = String(text);
  return written.startsWith('(') && closesAtEnd(written) ? written.slice(1, -1) : written;
}

/** Whether the first parenthesis is closed by the last. */
function closesAtEnd(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth++;
    else if (text[index] === ')' && --depth === 0) return index === text.length - 1;
  }
  return false;
}
