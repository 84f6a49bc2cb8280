import { type ErrorCode, isPeerstorError } from '../../src/model/errors.ts';

/** For `assert.rejects`: a PeerstorError of this code, whose sentence fits. */
export function coded(code: ErrorCode, sentence = /./): (error: unknown) => boolean {
  return (error) => isPeerstorError(error, code) && sentence.test(error.message);
}
