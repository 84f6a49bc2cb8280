/** What the doctor found: one check, how it stands, and what to do. */
export interface Finding {
  /** Stable word for programs, such as `mdns` or `disk-speed`. */
  check: string;
  level: 'ok' | 'note' | 'problem';
  sentence: string;
  /** null where nothing has to be done. */
  action: string | null;
}

export const ok = (check: string, sentence: string): Finding => ({
  check,
  level: 'ok',
  sentence,
  action: null,
});

/** Something that may explain a difficulty, or may be as it should. */
export const note = (check: string, sentence: string, action: string | null): Finding => ({
  check,
  level: 'note',
  sentence,
  action,
});

export const problem = (check: string, sentence: string, action: string): Finding => ({
  check,
  level: 'problem',
  sentence,
  action,
});
