import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Reach, reachOf } from '../../web/client/words/reach.ts';

const cases: Readonly<Record<Reach, readonly string[]>> = {
  'this-computer': ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'x.localhost'],
  'local-network': [
    '192.168.1.10:8080',
    '10.0.0.5',
    '172.16.0.1:80',
    '172.31.9.9',
    '100.101.102.103:8080',
    '169.254.3.4',
    '[fd12:3456::1]:8080',
    '[fe80::1]',
    'nas:8080',
    'nas.local:8080',
    'nas.home.arpa',
  ],
  anywhere: ['example.org', '8.8.8.8:80', '172.32.0.1', '100.128.0.1', '[2001:db8::1]:8080', '11.0.0.1'],
};

for (const [reach, hosts] of Object.entries(cases)) {
  test(`an address is known to be reachable from: ${reach}`, () => {
    for (const host of hosts) assert.equal(reachOf(host), reach, host);
  });
}
