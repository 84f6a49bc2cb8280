/**
 * What the service managers of three systems need to run a device: the text of a file, where it lies, and the
 * commands to run. Pure; `service.ts` does it.
 */
import { posix, win32 } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import { launchdPlist } from './launchd-plist.ts';
import type { ServiceScope } from './service-scope.ts';
import { systemdUnit } from './systemd-unit.ts';
import { windowsTask } from './windows-task.ts';

export interface ServiceWish {
  platform: NodeJS.Platform;
  scope: ServiceScope;
  /** Path of the Node that runs the program, and of the program; or of the one executable. */
  program: readonly string[];
  /** Home of the device. */
  home: string;
  /** Further words for `peerstor start`. */
  startWords: readonly string[];
  /** Account of a service of the machine; of a service of a person, that person. */
  account: string;
  userId: number;
  /** Home folder of the person, and their configuration folder where one is set. */
  userHome: string;
  configHome: string | undefined;
}

/** A command of the system, as words. */
export type SystemCommand = readonly [string, ...string[]];

export interface ServicePlan {
  /** For people: `systemd`, `launchd`, `Task Scheduler`. */
  manager: string;
  file: string;
  content: string | Uint8Array;
  /** Run after the file is written. */
  install: readonly SystemCommand[];
  /** Run before the file is removed; what fails there is no error, because the service may be gone. */
  uninstall: readonly SystemCommand[];
  /** Run after the file is removed. */
  forget: readonly SystemCommand[];
  status: SystemCommand;
  logs(follow: boolean): SystemCommand;
  /** What a person should know after installing. */
  notes: readonly string[];
}

export const serviceName = 'peerstor';
export const launchdLabel = 'peerstor.device';

/** @throws `bad-input` for a system without a known service manager, and for paths that it cannot hold */
export function servicePlan(wish: ServiceWish): ServicePlan {
  for (const word of wordsOf(wish)) {
    if (/[\p{Cc}]/u.test(word)) throw new PeerstorError('bad-input', `"${word}" has a control character.`);
  }
  if (wish.platform === 'linux') return systemdPlan(wish);
  if (wish.platform === 'darwin') return launchdPlan(wish);
  if (wish.platform === 'win32') return windowsPlan(wish);
  throw new PeerstorError(
    'bad-input',
    `There is no service for ${wish.platform} yet; let its own service manager run "peerstor start".`,
  );
}

/** The whole command line of the service. */
export function wordsOf({ program, home, startWords }: ServiceWish): string[] {
  return [...program, 'start', '--home', home, ...startWords];
}

function systemdPlan(wish: ServiceWish): ServicePlan {
  const isUser = wish.scope === 'user';
  const folder = isUser
    ? posix.join(wish.configHome ?? posix.join(wish.userHome, '.config'), 'systemd', 'user')
    : '/etc/systemd/system';
  const unit = `${serviceName}.service`;
  const mode = isUser ? ['--user'] : [];
  const control = (...words: string[]): SystemCommand => ['systemctl', ...mode, ...words];
  return {
    manager: 'systemd',
    file: posix.join(folder, unit),
    content: systemdUnit(wordsOf(wish), wish),
    install: [control('daemon-reload'), control('enable', unit), control('restart', unit)],
    uninstall: [control('disable', '--now', unit)],
    forget: [control('daemon-reload')],
    status: control('status', '--no-pager', unit),
    logs: (follow) => [
      'journalctl',
      ...mode,
      '-u',
      unit,
      '-n',
      '200',
      '--no-pager',
      ...(follow ? ['-f'] : []),
    ],
    notes: isUser
      ? [`It runs while you are signed in. "loginctl enable-linger ${wish.account}" lets it run always.`]
      : [],
  };
}

function launchdPlan(wish: ServiceWish): ServicePlan {
  const isUser = wish.scope === 'user';
  const domain = isUser ? `gui/${wish.userId}` : 'system';
  const base = isUser ? posix.join(wish.userHome, 'Library') : '/Library';
  const file = posix.join(base, isUser ? 'LaunchAgents' : 'LaunchDaemons', `${launchdLabel}.plist`);
  const log = posix.join(base, 'Logs', 'peerstor.log');
  return {
    manager: 'launchd',
    file,
    content: launchdPlist(wordsOf(wish), {
      label: launchdLabel,
      log,
      account: isUser ? undefined : wish.account,
    }),
    install: [['launchctl', 'bootstrap', domain, file]],
    uninstall: [['launchctl', 'bootout', `${domain}/${launchdLabel}`]],
    forget: [],
    status: ['launchctl', 'print', `${domain}/${launchdLabel}`],
    logs: (follow) => ['tail', '-n', '200', ...(follow ? ['-F'] : []), log],
    notes: isUser ? ['It runs while you are signed in. "service install --system" lets it run always.'] : [],
  };
}

function windowsPlan(wish: ServiceWish): ServicePlan {
  const file = win32.join(wish.home, 'service.xml');
  const log = win32.join(wish.home, 'service.log');
  const quoted = `'${log.replaceAll("'", "''")}'`;
  return {
    manager: 'Task Scheduler',
    file,
    content: windowsTask(wordsOf(wish), { log, account: wish.account, scope: wish.scope }),
    install: [
      ['schtasks', '/Create', '/F', '/TN', serviceName, '/XML', file],
      ['schtasks', '/Run', '/TN', serviceName],
    ],
    uninstall: [
      ['schtasks', '/End', '/TN', serviceName],
      ['schtasks', '/Delete', '/F', '/TN', serviceName],
    ],
    forget: [],
    status: ['schtasks', '/Query', '/V', '/FO', 'LIST', '/TN', serviceName],
    logs: (follow) => [
      'powershell',
      '-NoProfile',
      '-Command',
      `Get-Content -Tail 200 ${follow ? '-Wait ' : ''}-LiteralPath ${quoted}`,
    ],
    notes:
      wish.scope === 'user'
        ? ['It runs while you are signed in. "service install --system" lets it run always.']
        : [],
  };
}
