/**
 * Whether a reply has ever made private what is declared to be everybody's. Callers are then looked up by themselves,
 * too; before that nobody needs to be.
 */
export interface Privacy {
  isSeen: boolean;
}
