/** The unit file of systemd.service(5). */
import { PeerstorError } from '../../model/errors.ts';
import type { ServiceScope } from './service-scope.ts';

/** Hardening of systemd.exec(5) that a manager of one person may set too. */
const hardening = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
  'UMask=0077',
];
/** Only the machine's manager may set these. Folders anywhere may be lent, so no home is closed. */
const machineHardening = [
  'ProtectSystem=full',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectProc=invisible',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'RestrictNamespaces=yes',
  'CapabilityBoundingSet=',
];

/** @param words the command line; the first one is an absolute path */
export function systemdUnit(
  words: readonly string[],
  { scope, account }: { scope: ServiceScope; account: string },
): string {
  const isUser = scope === 'user';
  return `${[
    '[Unit]',
    'Description=peerstor: private storage made of your own devices',
    ...(isUser ? [] : ['Wants=network-online.target', 'After=network-online.target']),
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${words.map(unitWord).join(' ')}`,
    ...(isUser ? [] : [`User=${account}`]),
    'Restart=on-failure',
    'RestartSec=2',
    // A device stops by itself within ten seconds.
    'TimeoutStopSec=15',
    'LimitNOFILE=65536',
    ...hardening,
    ...(isUser ? [] : machineHardening),
    '',
    '[Install]',
    `WantedBy=${isUser ? 'default.target' : 'multi-user.target'}`,
  ].join('\n')}\n`;
}

/** Quoted as systemd.syntax(7) and the command lines of systemd.service(5) say. */
function unitWord(word: string): string {
  if (/[\p{Cc}]/u.test(word)) throw new PeerstorError('bad-input', 'A service takes no control character.');
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return /^[\w@%+=:,./\\-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}
