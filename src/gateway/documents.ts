import type { Persona } from '../config/resolve-personas.ts';
import type { ChooseDocument } from '../http/chosen-document.ts';
import { createApqStore } from '../operation/documents/apq-store.ts';
import { readDocumentRequest } from '../operation/documents/document-request.ts';
import { type DocumentSet, loadDocumentSet } from '../operation/documents/document-set.ts';
import { compileDocumentRules } from '../operation/documents/resolve-document.ts';
import type { GatewayOptions } from './options.ts';

/** What a persona may run, and how its requests say so. */
export interface PersonaDocuments {
  readonly registered: DocumentSet;
  /** Null where any text may be sent, and nothing else. */
  readonly choose: ChooseDocument | null;
}

/** @throws ConfigError naming the manifest and the place in it that is wrong. */
export async function loadDocuments(
  { name, documents }: Persona,
  { folder, clock, logger }: GatewayOptions,
): Promise<PersonaDocuments> {
  const { mode, manifests, apq } = documents;
  const registered = await loadDocumentSet(manifests, folder);
  if (mode === 'free' && manifests.length === 0 && !apq) return { registered, choose: null };
  // One a persona: what one may run, another may not.
  const store = apq ? createApqStore() : null;
  const rules = compileDocumentRules({
    mode,
    set: registered,
    apq: store,
    clock,
    onUnknown: (text, operation) =>
      logger.warn({ persona: name, operation, document: text }, 'a document is in no manifest'),
  });
  return {
    registered,
    choose(params, pathId) {
      const { text, id, register } = rules.resolve(readDocumentRequest(params, pathId));
      return { text, id, register: register === null ? null : () => store?.remember(register.hash, text) };
    },
  };
}
