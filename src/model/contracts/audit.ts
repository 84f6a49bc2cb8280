/** What an admin may want to know afterwards. Kept by `node`; every room may note something. */

export interface AuditEvent {
  /** Stable word: `sign-in`, `sign-in-refused`, `record-refused`, `share-created`, `device-removed`, … */
  event: string;
  /** For people; never a file's name, a path or a secret. */
  sentence: string;
  username?: string;
}

export interface Audit {
  /** Never throws and never waits: it is written beside. Equal ones in a row are counted as one. */
  note(event: AuditEvent): void;
}

export const noAudit: Audit = { note: () => undefined };
