import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { judgeDevices, judgeMachine } from '../../../src/cli/commands/doctor.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import {
  type FolderFacts,
  isFinding,
  judgeFolder,
  judgePermissions,
  judgeSmart,
  lookAtFolder,
} from '../../../src/cli/doctor/folders.ts';
import { type Interfaces, judgeInterfaces, judgePeer, lookAtPeer } from '../../../src/cli/doctor/network.ts';
import type { DeviceView } from '../../../src/model/api.ts';
import { CommandLine } from '../command-line.ts';

const GiB = 2 ** 30;
const sound: FolderFacts = {
  path: '/data',
  isHome: false,
  freeBytes: 100 * GiB,
  totalBytes: 500 * GiB,
  freeInodes: 1e6,
  type: 0xef53,
  refused: undefined,
  writeBytesPerS: 200 * 2 ** 20,
  syncMs: 5,
};
const levels = (findings: Finding[]) =>
  findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => `${level} ${check}`);
const everyProblemSaysWhatToDo = (findings: Finding[]) => {
  for (const { level, action, check } of findings) if (level === 'problem') assert.ok(action, check);
};

describe('the doctor of disks', () => {
  it('finds nothing wrong with a sound folder', () => assert.deepEqual(levels(judgeFolder(sound)), []));

  it('names each thing that is wrong, and what to do', () => {
    for (const [change, expected] of [
      [{ freeBytes: GiB }, ['problem free-space']],
      [{ freeInodes: 12 }, ['problem inodes']],
      [{ refused: 'this disk is read-only' }, ['problem read-only']],
      [{ type: 0x01021994 }, ['problem file-system']],
      [{ type: 0x6969 }, ['note file-system']],
      [{ type: 0x4d44 }, []],
      [{ type: 0x4d44, isHome: true }, ['problem file-system']],
      [{ writeBytesPerS: 2 ** 20 }, ['note disk-speed']],
      [{ syncMs: 900 }, ['note disk-sync']],
    ] as const) {
      const findings = judgeFolder({ ...sound, ...change });
      assert.deepEqual(levels(findings), expected, JSON.stringify(change));
      everyProblemSaysWhatToDo(findings);
    }
  });

  it('tries a real folder, leaves nothing in it, and says which is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerstor-doctor-'));
    const facts = await lookAtFolder(folder, true);
    assert.ok(!isFinding(facts) && (facts.writeBytesPerS ?? 0) > 0 && facts.refused === undefined);
    assert.deepEqual(await readdir(folder), []);
    await rm(folder, { recursive: true });
    const gone = await lookAtFolder(folder, false);
    assert.ok(isFinding(gone) && gone.level === 'problem');
  });

  it('finds keys that others can read', async () => {
    const home = await mkdtemp(join(tmpdir(), 'peerstor-doctor-'));
    await writeFile(join(home, 'identity.key'), 'x', { mode: 0o600 });
    assert.deepEqual(await judgePermissions(home, 'linux'), []);
    await chmod(join(home, 'identity.key'), 0o644);
    assert.match((await judgePermissions(home, 'linux'))[0]?.action ?? '', /chmod 600 .*identity\.key/);
    assert.deepEqual(await judgePermissions(home, 'win32'), []);
    await rm(home, { recursive: true });
  });

  it('believes what disks say of themselves, and says when they were not asked', async () => {
    const smart = (passed: boolean) => async (_name: string, words: readonly string[]) =>
      words.includes('--scan')
        ? '{"devices":[{"name":"/dev/sda"}]}'
        : JSON.stringify({ smart_status: { passed } });
    assert.deepEqual(levels(await judgeSmart(smart(true))), []);
    assert.deepEqual(levels(await judgeSmart(smart(false))), ['problem smart']);
    assert.deepEqual(levels(await judgeSmart(async () => Promise.reject(new Error('none')))), ['note smart']);
    assert.deepEqual(levels(await judgeSmart(async () => 'nonsense')), ['note smart']);
  });
});

describe('the doctor of networks', () => {
  const face = (address: string, internal = false) => ({
    address,
    internal,
    netmask: '255.255.255.0',
    family: 'IPv4' as const,
    mac: '',
    cidr: `${address}/24`,
  });
  const judged = (interfaces: Interfaces) => levels(judgeInterfaces(interfaces));

  it('sees a machine without a network, a VPN, and several networks', () => {
    assert.deepEqual(judged({ lo: [face('127.0.0.1', true)] }), ['problem network']);
    assert.deepEqual(judged({ eth0: [face('192.168.1.5')] }), []);
    assert.deepEqual(judged({ eth0: [face('192.168.1.5')], wg0: [face('10.8.0.2')] }), ['note vpn']);
    assert.deepEqual(judged({ eth0: [face('192.168.1.5')], wlan0: [face('192.168.2.5')] }), ['note subnets']);
    assert.deepEqual(judged({ docker0: [face('172.17.0.1')] }), ['problem network']);
  });

  it('tells why another device is not reached', () => {
    const peer = {
      address: '192.168.1.9:8080',
      failure: undefined,
      health: { deviceName: 'nas', networkId: 'n' },
      clockOffsetMs: 0,
    };
    assert.deepEqual(levels(judgePeer(peer, 'n')), []);
    for (const [change, words] of [
      [{ failure: 'ECONNREFUSED' }, /nothing listens/],
      [{ failure: 'timeout' }, /firewall.*client isolation/],
      [{ failure: 'ENOTFOUND' }, /No address is known/],
      [{ failure: 'EHOSTUNREACH' }, /no way/],
      [{ health: undefined }, /no peerstor/],
      [{ health: { deviceName: 'nas', networkId: 'other' } }, /another network/],
      [{ clockOffsetMs: 10 * 60_000 }, /10 minutes.*ahead/],
      [{ clockOffsetMs: -10 * 60_000 }, /behind/],
    ] as const) {
      const findings = judgePeer({ ...peer, ...change }, 'n');
      assert.match(findings.map(({ sentence, action }) => `${sentence} ${action}`).join(' '), words);
      assert.deepEqual(levels(findings).length, 1);
      everyProblemSaysWhatToDo(findings);
    }
    assert.deepEqual(levels(judgePeer({ ...peer, health: { deviceName: 'nas', networkId: null } }, 'n')), [
      'note peer-network',
    ]);
  });

  it('asks a real address: one that answers, one that is no peerstor, one where nothing listens', async () => {
    const server = createServer((request, response) => {
      response.end(request.url === '/healthz' ? answer : '');
    });
    let answer = JSON.stringify({ ok: true, deviceName: 'nas', networkId: 'n' });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server.address() as AddressInfo;
    const facts = await lookAtPeer(`127.0.0.1:${port}`);
    assert.deepEqual([facts.failure, facts.health?.deviceName], [undefined, 'nas']);
    assert.ok(Math.abs(facts.clockOffsetMs ?? 1e9) < 30_000);
    answer = 'hello';
    assert.equal((await lookAtPeer(`http://127.0.0.1:${port}`)).health, undefined);
    await new Promise((resolve) => server.close(resolve));
    assert.equal((await lookAtPeer(`127.0.0.1:${port}`)).failure, 'ECONNREFUSED');
  });

  it('knows which devices are off, and which are near and still not connected', () => {
    const device = (name: string, online: boolean, self = false) =>
      ({ name, online, self, lastSeen: null, rttMs: 3 }) as DeviceView;
    const near = { name: 'nas', address: '192.168.1.9:8080', network: 'n' };
    const devices = [
      device('here', true, true),
      device('nas', false),
      device('old', false),
      device('pi', true),
    ];
    assert.deepEqual(levels(judgeDevices(devices, [near])), ['problem devices', 'note devices']);
  });
});

describe('the doctor of this machine', () => {
  it('refuses an old Node and a clock that was never set', () => {
    assert.deepEqual(levels(judgeMachine('24.21.0', Date.UTC(2026, 10, 30))), []);
    assert.deepEqual(levels(judgeMachine('22.1.0', Date.UTC(2026, 10, 30))), ['problem version']);
    assert.deepEqual(levels(judgeMachine('24.6.0', 0)), ['problem version', 'problem clock']);
  });
});

describe('doctor and verify', () => {
  let line: CommandLine;
  before(async () => {
    line = await CommandLine.start();
  });
  after(() => line.stop());

  it('say in a home without a device that none runs, with exit code 1, and as one JSON value', async () => {
    const home = await mkdtemp(join(tmpdir(), 'peerstor-doctor-'));
    const ran = await CommandLine.runAlone(['--home', home, 'doctor', '--json']);
    await rm(home, { recursive: true });
    assert.equal(ran.code, 1);
    const { findings, problems } = JSON.parse(ran.out);
    assert.ok(
      problems >= 1 &&
        findings.some(({ check, level }: Finding) => check === 'device' && level === 'problem'),
    );
    assert.equal(JSON.parse(ran.err).error.code, 'incomplete');
  });

  it('read every file back, compare it with a local one, and name the one that differs', async () => {
    await mkdir(line.at('docs'), { recursive: true });
    await writeFile(line.at('docs', 'a.txt'), 'one');
    await writeFile(line.at('docs', 'b.txt'), 'two');
    assert.equal((await line.run(['put', line.at('docs'), '/'])).code, 0);
    const ran = await line.run(['verify', '/docs', '--against', line.at('docs')]);
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, /2 files .*are whole/);
    await writeFile(line.at('docs', 'b.txt'), 'other');
    const differs = await line.run(['verify', '/docs', '--against', line.at('docs')]);
    assert.equal(differs.code, 1);
    assert.match(differs.err, /not verified: \/b\.txt: it differs/);
    const json = await line.run(['verify', '/docs', '--json']);
    assert.equal(JSON.parse(json.out).verified, 2);
    assert.equal((await line.run(['verify', '/docs', '--sample', '0'])).code, 1);
  });
});
