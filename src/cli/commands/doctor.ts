/** doctor: what keeps this device from working well, and what to do about it. */
import { networkInterfaces } from 'node:os';
import type { DeviceView, HealthView, NearbyDevice, Page } from '../../model/api.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import { homeFolder, isOnBattery, readPowerSupplies, readRunFacts } from '../../node/index.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { type Finding, note, ok, problem } from '../doctor/finding.ts';
import {
  isFinding,
  judgeFolder,
  judgePermissions,
  judgeSmart,
  lentFolders,
  lookAtFolder,
} from '../doctor/folders.ts';
import { judgeFirewall, judgeInterfaces, judgeMulticast, judgePeer, lookAtPeer } from '../doctor/network.ts';
import { CommandFailure } from '../failure.ts';
import { packageVersion } from '../package-version.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { terminal } from '../terminal/terminal.ts';

const nodeWanted = [24, 7] as const;
/** No release of peerstor is older. */
const earliestMs = Date.UTC(2026, 0, 1);

interface DoctorOptions extends GlobalOptions {
  peer?: string[];
}

export async function doctor(options: DoctorOptions): Promise<void> {
  const home = homeFolder(options.home);
  const { platform } = terminal();
  const device = await lookAtDevice(options);
  const folders = [home, ...(await lentFolders(home))];
  const looked = await Promise.all((options.peer ?? []).map(lookAtPeer));
  const groups = [
    judgeMachine(process.versions.node, Date.now()),
    device.findings,
    await judgePermissions(home, platform),
    // One after the other: their speed is measured.
    ...(await oneByOne(folders, (folder) => lookAtOne(folder, folder === home))),
    await judgeSmart(),
    judgeInterfaces(networkInterfaces()),
    [await judgeMulticast()],
    await judgeFirewall(device.ports, platform),
    ...looked.map((peer) => judgePeer(peer, device.network)),
    isOnBattery(await readPowerSupplies()) ? [onBattery] : [],
  ];
  print(groups.flat(), options);
}

const onBattery = note(
  'battery',
  'This machine runs on battery: reading copies again waits until it is charged.',
  null,
);

async function lookAtOne(folder: string, isHome: boolean): Promise<Finding[]> {
  const facts = await lookAtFolder(folder, isHome);
  return isFinding(facts) ? [facts] : judgeFolder(facts);
}

async function oneByOne<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

export function judgeMachine(nodeVersion: string, nowMs: number): Finding[] {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const [wantedMajor, wantedMinor] = nodeWanted;
  const isOld = major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
  const versions = `peerstor ${packageVersion()} on Node ${nodeVersion}`;
  return [
    isOld
      ? problem(
          'version',
          `This is ${versions}, which is too old.`,
          `Install Node ${nodeWanted.join('.')} or newer.`,
        )
      : ok('version', `This is ${versions}.`),
    ...(nowMs < earliestMs
      ? [
          problem(
            'clock',
            `The clock of this machine says ${new Date(nowMs).toISOString()}.`,
            'Set it: timedatectl set-ntp true.',
          ),
        ]
      : []),
  ];
}

interface DeviceFindings {
  findings: Finding[];
  /** undefined where no device runs. */
  network: string | null | undefined;
  ports: number[];
}

/** What the device of this home says, as far as it may be asked. */
async function lookAtDevice(options: GlobalOptions): Promise<DeviceFindings> {
  const facts = await readRunFacts(homeFolder(options.home));
  const off = problem(
    'device',
    'The device of this home does not run.',
    'Start it: peerstor start, or peerstor service install.',
  );
  if (!facts) return { findings: [off], network: undefined, ports: [8080] };
  const client = await Client.connect(options);
  let health: { deviceName: string; networkId: string | null; p2p: string[] };
  try {
    health = await client.json('/healthz', { as: 'none' });
  } catch (error) {
    const sentence = `A device was started in this home, but it does not answer: ${sentenceOf(error)}`;
    return {
      findings: [problem('device', sentence, off.action ?? '')],
      network: undefined,
      ports: [facts.port],
    };
  }
  const p2p = health.p2p.flatMap((address) => /\/tcp\/(\d+)/.exec(address)?.[1] ?? []).map(Number);
  const ports = [...new Set([facts.port, ...p2p])];
  const runs = ok('device', `${health.deviceName} runs; its ports are ${ports.join(', ')}.`);
  const alone = note(
    'device-network',
    'This device has no network yet.',
    'Run "peerstor setup", or "peerstor join CODE".',
  );
  const findings = health.networkId === null ? [runs, alone] : [runs, ...(await lookAtNetwork(client))];
  return { findings, network: health.networkId, ports };
}

async function lookAtNetwork(client: Client): Promise<Finding[]> {
  try {
    const { items } = await client.json<Page<DeviceView>>('/api/v1/devices');
    const nearby = await client.json<Page<NearbyDevice>>('/api/v1/devices/nearby');
    const health = await client.json<HealthView>('/api/v1/health');
    return [...judgeDevices(items, nearby.items), ...health.alerts.map(alertFinding)];
  } catch (error) {
    if (!isPeerstorError(error, 'not-signed-in')) throw error;
    return [
      note(
        'sign-in',
        'More can be said of the other devices when you are signed in here.',
        'Run: peerstor login --user NAME',
      ),
    ];
  }
}

export function judgeDevices(devices: readonly DeviceView[], nearby: readonly NearbyDevice[]): Finding[] {
  return devices
    .filter(({ self }) => !self)
    .map(({ name, online, lastSeen, rttMs }) => {
      if (online) return ok('devices', `${name} is connected${rttMs === null ? '' : ` (${rttMs} ms)`}.`);
      const seen = lastSeen === null ? 'was never seen here' : `was last seen ${lastSeen}`;
      const near = nearby.find((one) => one.name === name);
      if (!near)
        return note(
          'devices',
          `${name} is not connected; it ${seen}.`,
          'Is it on? If so, run "peerstor doctor --peer HOST:PORT" with its address.',
        );
      return problem(
        'devices',
        `${name} is nearby at ${near.address}, and still not connected.`,
        `Run "peerstor doctor --peer ${near.address}". A firewall may let its page through and not its p2p port.`,
      );
    });
}

function alertFinding({ code, level, sentence, action }: HealthView['alerts'][number]): Finding {
  return { check: code, level: level === 'danger' ? 'problem' : 'note', sentence, action };
}

function print(findings: readonly Finding[], options: GlobalOptions): void {
  const problems = findings.filter(({ level }) => level === 'problem').length;
  if (options.json) printJson({ findings, problems });
  else {
    const marks = { ok: 'ok ', note: '?  ', problem: '!! ' } as const;
    for (const { level, sentence, action } of findings) {
      printLine(`${marks[level]} ${sentence}`);
      if (action !== null) printLine(`      ${action}`);
    }
  }
  if (problems > 0)
    throw new CommandFailure(
      'incomplete',
      `${problems} ${problems === 1 ? 'problem was' : 'problems were'} found (named above).`,
    );
}
