import { type ConstDirectiveNode, type DocumentNode, valueFromASTUntyped } from 'graphql';
import { featureDirectives, linkedDirective, namedAny } from './feature-names.ts';
import { WEIR_SPEC } from './weir-spec.ts';

/** Those of an element's directives that are meant. */
type FindDirectives = (directives: readonly ConstDirectiveNode[]) => readonly ConstDirectiveNode[];

/**
 * Finds a directive of Weir under whatever name the document imports it.
 * @param own arguments that tell it from somebody else's of the same name, where the document has no link to Weir
 */
export function findDirectives(document: DocumentNode, name: string, own: readonly string[]): FindDirectives {
  const names = featureDirectives(document, WEIR_SPEC, name);
  if (linkedDirective(document, WEIR_SPEC, name) !== null) return found => namedAny(found, names);
  return found =>
    namedAny(found, names).filter(node => node.arguments?.some(given => own.includes(given.name.value)));
}

/** The arguments of a directive by name. Null is as good as absent. */
export function argumentsOf({
  arguments: given = [],
}: ConstDirectiveNode): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null);
  for (const { name, value } of given) {
    const written = valueFromASTUntyped(value);
    if (written !== null) values[name.value] = written;
  }
  return { ...values };
}
