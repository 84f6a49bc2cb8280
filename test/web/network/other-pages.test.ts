import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeviceView } from '../../../src/model/api.ts';
import type { TopologyDeviceView } from '../../../src/model/views/topology.ts';
import { pagesOf } from '../../../web/client/network/other-pages.ts';

const here = { host: '192.168.1.10:8080', protocol: 'http:' };
const device = (id: string, change: Partial<DeviceView> = {}) =>
  ({ id, name: `name of ${id}`, self: false, state: 'active', ...change }) as DeviceView;
const topology = (...told: [deviceId: string, pages: string[]][]) => ({
  devices: told.map(([deviceId, pages]) => ({ deviceId, pages }) as TopologyDeviceView),
});
const page = (deviceId: string, address: string) => ({ deviceId, name: `name of ${deviceId}`, address });

describe('pages of other devices', () => {
  it('are those that devices of the network tell, without that of the device that answers', () => {
    const told = topology(
      ['laptop', ['192.168.1.10:8080']],
      ['nas', ['192.168.1.20:8081', 'localhost:8081']],
      ['stranger', ['192.168.1.66:8080']],
    );
    assert.deepEqual(pagesOf([device('laptop', { self: true }), device('nas')], told, [], here), [
      page('nas', 'http://192.168.1.20:8081/'),
    ]);
  });

  it('stay known while a device is off, follow it to another address, and go when it is removed', () => {
    const known = [page('nas', 'http://192.168.1.20:8081/')];
    assert.deepEqual(pagesOf([device('nas')], topology(['nas', []]), known, here), known);
    assert.deepEqual(pagesOf([device('nas', { state: 'removed' })], topology(), known, here), []);
    assert.deepEqual(pagesOf([device('nas')], topology(['nas', ['10.0.0.7:80']]), known, here), [
      page('nas', 'http://10.0.0.7:80/'),
    ]);
  });
});
