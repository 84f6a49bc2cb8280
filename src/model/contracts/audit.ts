/** What an admin may want to know afterwards. Kept by `node`; every room may note something. */

export interface AuditEvent {
  /** Stable word: `sign-in`, `sign-in-refused`, `record-refused`, `share-created`, `device-removed`, … */
  event: string;
  /** For people; never a file's name, a path or a secret. */
  sentence: string;
  username?: string;
  /**
   * Who caused the event without being signed in: an IP address, or a device. Such events are counted per cause and
   * hour in a ring of their own, so that strangers cannot push out what users and admins did.
   */
  from?: string;
}

/** Which events are wanted; all of it must hold. */
export interface AuditFilter {
  event?: string;
  username?: string;
  /** In the sentence, without regard to case. */
  text?: string;
  fromMs?: number;
  toMs?: number;
}

export interface Audit {
  /** Never throws and never waits: it is written beside. Equal ones in a row are counted as one. */
  note(event: AuditEvent): void;
}

export const noAudit: Audit = { note: () => undefined };
