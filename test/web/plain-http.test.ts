import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isExposed } from '../../web/client/plain-http.ts';

describe('the warning about plain http', () => {
  it('comes where the page was fetched over a network, and not on the machine itself', () => {
    for (const hostname of ['192.168.1.7', 'nas', 'nas.local', '[fd00::1]', 'localhost.example']) {
      assert.ok(isExposed({ protocol: 'http:', hostname }), hostname);
      assert.ok(!isExposed({ protocol: 'https:', hostname }), hostname);
    }
    for (const hostname of ['localhost', '127.0.0.1', '127.0.1.1', '[::1]']) {
      assert.ok(!isExposed({ protocol: 'http:', hostname }), hostname);
    }
  });
});
