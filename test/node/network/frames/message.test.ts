import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isPeerstorError, PeerstorError } from '../../../../src/model/errors.ts';
import {
  failureParts,
  messageParts,
  readFailure,
  readLabelled,
  readMessage,
} from '../../../../src/node/network/frames/message.ts';

const number = fc.integer({ min: 0, max: 0xffff_ffff });
const method = fc.string({ unit: 'binary', maxLength: 30 });
const body = fc.uint8Array({ maxLength: 300 });

describe('message', () => {
  it('a message is decoded as it was encoded', () => {
    fc.assert(
      fc.property(number, method, body, (id, label, bytes) => {
        const message = readMessage(joined(messageParts('request', id, label, bytes)));
        assert.equal(message.kind, 'request');
        assert.equal(message.number, id);
        const read = readLabelled(message.rest);
        assert.equal(read.label, label);
        assert.deepEqual(Buffer.from(read.body), Buffer.from(bytes));
        const answer = readMessage(joined(messageParts('answer', id, undefined, bytes)));
        assert.deepEqual(Buffer.from(answer.rest), Buffer.from(bytes));
      }),
    );
  });

  it('a failure message carries the code and sentence of an error', () => {
    const sent = new PeerstorError('disk-full', 'Die Platte ist voll: 0 € übrig.');
    const { rest } = readMessage(joined(failureParts('failure', 4, sent)));
    const read = readFailure(rest);
    assert.equal(read.code, 'disk-full');
    assert.equal(read.message, sent.message);
  });

  it('a failure with an unknown code becomes peer-failed and keeps the sentence', () => {
    const { rest } = readMessage(
      joined(messageParts('failure', 1, 'from-the-future', Buffer.from('Later.'))),
    );
    const read = readFailure(rest);
    assert.equal(read.code, 'peer-failed');
    assert.equal(read.message, 'Later.');
  });

  it('any bytes are read as a message or refused as bad-frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          readLabelled(readMessage(bytes).rest);
        } catch (error) {
          assert.ok(isPeerstorError(error, 'bad-frame'), String(error));
        }
      }),
    );
  });
});

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
