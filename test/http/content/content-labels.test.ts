import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { contentDisposition } from '../../../src/http/content/content-disposition.ts';
import { chooseEncoding } from '../../../src/http/content/content-encoding.ts';
import { isCompressible, typeOfUpload, typeToServe } from '../../../src/http/content/content-type.ts';
import {
  ifRangeHolds,
  isNotModified,
  preconditionFails,
  versionsNamed,
} from '../../../src/http/content/preconditions.ts';

describe('the header Content-Disposition', () => {
  it('is plain for a plain name', () => {
    assert.equal(contentDisposition('inline', 'a b.txt'), 'inline; filename="a b.txt"');
  });

  it('carries other names as RFC 8187 beside a fallback', () => {
    assert.equal(
      contentDisposition('attachment', 'a"ü(1)\'*.txt'),
      "attachment; filename=\"a__(1)'*.txt\"; filename*=UTF-8''a%22%C3%BC%281%29%27%2A.txt",
    );
    assert.match(
      contentDisposition('inline', '50%.txt'),
      /filename="50_\.txt"; filename\*=UTF-8''50%25\.txt/,
    );
  });

  it('is a valid header for every name, and gives the name back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        const header = contentDisposition('attachment', name);
        assert.match(header, /^[\x20-\x7e]+$/);
        const extended = /filename\*=UTF-8''(.*)$/.exec(header)?.[1];
        const plain = /filename="([^"]*)"/.exec(header)?.[1];
        assert.equal(extended === undefined ? plain : decodeURIComponent(extended), name.toWellFormed());
      }),
    );
  });
});

describe('the type of an upload', () => {
  it('is what was declared', () => {
    assert.equal(typeOfUpload('text/x-own; charset=latin1', 'a.png'), 'text/x-own; charset=latin1');
  });

  it('is told by the name where the header says nothing or nonsense', () => {
    for (const declared of [undefined, '', 'application/octet-stream', 'application/x-www-form-urlencoded']) {
      assert.equal(typeOfUpload(declared, 'a.png'), 'image/png');
    }
    assert.equal(typeOfUpload('x\r\ny: z', 'a.png'), 'image/png');
    assert.equal(typeOfUpload(undefined, 'no ending'), 'application/octet-stream');
  });
});

describe('stored content', () => {
  it('is shown in place when it is an image, video, audio, PDF or text', () => {
    for (const type of ['image/png', 'video/mp4', 'audio/mpeg', 'application/pdf']) {
      assert.deepEqual(typeToServe(type), { contentType: type, inline: true });
    }
    assert.deepEqual(typeToServe('text/plain'), { contentType: 'text/plain; charset=utf-8', inline: true });
    assert.equal(typeToServe('text/csv; charset=latin1').contentType, 'text/csv; charset=latin1');
  });

  it('is saved when a browser could act on it, or could not show it', () => {
    for (const type of [
      'text/html',
      'TEXT/HTML; charset=utf-8',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/xml',
      'text/xsl',
      'application/zip',
      'application/json',
      'multipart/x-mixed-replace',
    ]) {
      assert.equal(typeToServe(type).inline, false, type);
    }
  });

  it('is never a script or a style that a page could include', () => {
    for (const type of [
      'text/javascript',
      'application/javascript',
      'application/x-ecmascript',
      'text/css',
    ]) {
      assert.equal(typeToServe(type).contentType, 'text/plain; charset=utf-8', type);
    }
  });

  it('never makes a bad header of a bad type', () => {
    assert.deepEqual(typeToServe('text/plain\r\nx: y'), {
      contentType: 'application/octet-stream',
      inline: false,
    });
    assert.equal(typeToServe('').contentType, 'application/octet-stream');
  });

  it('is compressed only where that helps', () => {
    assert.ok(
      isCompressible('text/plain') && isCompressible('application/json') && isCompressible('image/svg+xml'),
    );
    assert.ok(!isCompressible('image/png') && !isCompressible('application/zip'));
  });
});

describe('the header Accept-Encoding', () => {
  it('is answered with the best that is allowed', () => {
    assert.equal(chooseEncoding('gzip, deflate, br, zstd'), 'zstd');
    assert.equal(chooseEncoding('gzip, br;q=0.5'), 'gzip');
    assert.equal(chooseEncoding('*'), 'zstd');
    assert.equal(chooseEncoding('gzip;q=0, br;q=0, *;q=0'), undefined);
    assert.equal(chooseEncoding('identity'), undefined);
    assert.equal(chooseEncoding(undefined), undefined);
  });
});

describe('conditions', () => {
  const at = Date.parse('2026-01-02T03:04:05.678Z');
  const date = new Date(at).toUTCString();
  const later = new Date(at + 2000).toUTCString();
  const earlier = new Date(at - 2000).toUTCString();

  it('name versions, weak ones too', () => {
    assert.deepEqual(versionsNamed('"a", W/"b" ,c'), ['a', 'b', 'c']);
    assert.equal(versionsNamed(' * '), '*');
  });

  it('of If-Match and If-Unmodified-Since fail for another version', () => {
    assert.equal(preconditionFails({ 'if-match': '"b"' }, 'a', at), true);
    assert.equal(preconditionFails({ 'if-match': '"b", "a"' }, 'a', at), false);
    assert.equal(preconditionFails({ 'if-match': '*' }, 'a', at), false);
    assert.equal(preconditionFails({ 'if-unmodified-since': earlier }, 'a', at), true);
    assert.equal(preconditionFails({ 'if-unmodified-since': date }, 'a', at), false);
    assert.equal(preconditionFails({ 'if-unmodified-since': 'nonsense' }, 'a', at), false);
  });

  it('by date hold for the very date that was given out, because uploaders set dates', () => {
    assert.equal(preconditionFails({ 'if-unmodified-since': later }, 'a', at), true);
    assert.equal(isNotModified({ 'if-modified-since': later }, 'a', at), false);
    assert.equal(isNotModified({ 'if-modified-since': '2026-01-02T03:04:05Z' }, 'a', at), false);
  });

  it('of If-None-Match come before If-Modified-Since', () => {
    assert.equal(isNotModified({ 'if-none-match': 'W/"a"' }, 'a', at), true);
    assert.equal(isNotModified({ 'if-none-match': '"b"', 'if-modified-since': later }, 'a', at), false);
    assert.equal(isNotModified({ 'if-modified-since': date }, 'a', at), true);
    assert.equal(isNotModified({ 'if-modified-since': earlier }, 'a', at), false);
  });

  it('of If-Range need the very same version, and no date', () => {
    assert.equal(ifRangeHolds(undefined, 'a'), true);
    assert.equal(ifRangeHolds('"a"', 'a'), true);
    assert.equal(ifRangeHolds('W/"a"', 'a'), false);
    assert.equal(ifRangeHolds('"b"', 'a'), false);
    assert.equal(ifRangeHolds(date, 'a'), false);
  });
});
