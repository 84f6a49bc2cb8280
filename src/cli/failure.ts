/** What a command says when it fails, for people as one line and for programs as one JSON value. */
import { isPeerstorError, sentenceOf } from '../model/errors.ts';

/** Exit codes of every command. */
export const exitCodes = { done: 0, failed: 1, wrongUsage: 2 } as const;

/** Codes of failures that only the command line has; all others are those of `model/errors.ts`. */
export type CommandFailureCode = 'incomplete' | 'wrong-usage';

/**
 * A failure that only the command line has: `incomplete` where a part of what was asked was not done (each
 * part has been named already), `wrong-usage` for wrong arguments.
 */
export class CommandFailure extends Error {
  readonly code: CommandFailureCode;

  /** @param message what happened and what to do */
  constructor(code: CommandFailureCode, message: string) {
    super(message);
    this.name = 'CommandFailure';
    this.code = code;
  }
}

/** Reads what was typed: `bad-input` there is wrong usage, such as a size that is none. */
export function asTyped<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!isPeerstorError(error, 'bad-input')) throw error;
    throw new CommandFailure('wrong-usage', error.message);
  }
}

/** The code and the sentence of anything that was thrown, on one line. */
export function failureOf(error: unknown): { code: string; message: string } {
  const code = error instanceof CommandFailure || isPeerstorError(error) ? error.code : 'internal';
  return { code, message: sentenceOf(error).replace(/\s*\n\s*/g, ' ') };
}
