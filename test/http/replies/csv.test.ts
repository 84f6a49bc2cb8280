import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { csvText } from '../../../src/http/replies/csv.ts';

describe('comma-separated values', () => {
  it('quote what would end a cell, and turn what a spreadsheet would compute into text', () => {
    assert.equal(csvText([['a', 'b,c', 'd"e', 'f\ng']]), 'a,"b,c","d""e","f\ng"\r\n');
    assert.equal(csvText([['=1+1', '+1', '-1', '@a', '=a,b']]), "'=1+1,'+1,'-1,'@a,\"'=a,b\"\r\n");
    assert.equal(csvText([]), '');
  });
});
