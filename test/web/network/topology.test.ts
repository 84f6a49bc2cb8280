/** The picture of the network: spots, lines, and the address of a page. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linesOf, pageOf, spotsOf } from '../../../web/client/network/topology.ts';

const device = (deviceId: string, ...links: [string, number][]) => ({
  deviceId,
  version: null,
  pages: [],
  links: links.map(([other, rttMs]) => ({ deviceId: other, rttMs })),
  traffic: null,
});

describe('the picture of a network', () => {
  it('a connection that both devices tell is one line, with the shorter round trip', () => {
    const lines = linesOf([device('a', ['b', 7], ['gone', 1]), device('b', ['a', 5], ['c', 9]), device('c')]);
    assert.deepEqual(lines, [
      { from: 'a', to: 'b', rttMs: 5 },
      { from: 'b', to: 'c', rttMs: 9 },
    ]);
  });

  it('devices stand apart within the picture', () => {
    for (const count of [1, 2, 3, 12]) {
      const spots = spotsOf(Array.from({ length: count }, (_, index) => `${index}`));
      assert.equal(new Set(spots.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`)).size, count);
      assert.ok(spots.every(({ x, y }) => x >= 10 && x <= 90 && y >= 10 && y <= 90));
    }
  });

  it('the page of a device is opened by an address that leads there from the browser', () => {
    const pages = ['192.168.1.7:8080', 'localhost:8080'];
    assert.equal(pageOf(pages, { host: '192.168.1.2:80', protocol: 'https:' }), 'https://192.168.1.7:8080/');
    assert.equal(pageOf(pages, { host: 'localhost:1', protocol: 'http:' }), 'http://localhost:8080/');
    assert.equal(pageOf(['localhost:8080'], { host: 'nas.local:1', protocol: 'http:' }), undefined);
  });
});
