/** A Debian package: the program, the Node that runs it, a unit, and the rules of installing, removing and purging. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { systemdUnit } from '../../src/cli/service/systemd-unit.ts';
import { ar, type TarEntry, tar } from './archives.ts';

export interface DebParts {
  version: string;
  /** `amd64`, `arm64`. */
  architecture: string;
  /** Local file or folder → its place in the package, such as `usr/lib/peerstor/dist`. */
  content: readonly { from: string; to: string }[];
  licence: string;
  atMs: number;
}

const account = 'peerstor';
const home = '/var/lib/peerstor';
const program = '/usr/lib/peerstor';

export function debPackage({ version, architecture, content, licence, atMs }: DebParts): Buffer {
  const files = content.flatMap(({ from, to }) => [...entriesOf(from, to)]);
  const own = [
    { path: 'usr/bin/peerstor', mode: 0o755, content: Buffer.from(launcher) },
    { path: 'lib/systemd/system/peerstor.service', mode: 0o644, content: Buffer.from(unit()) },
    { path: 'usr/share/doc/peerstor/copyright', mode: 0o644, content: Buffer.from(licence) },
  ];
  const all = [...files, ...own].sort((a, b) => (a.path < b.path ? -1 : 1));
  const bytes = all.reduce((sum, entry) => sum + (entry.content?.length ?? 0), 0);
  const control = controlText(version, architecture, Math.ceil(bytes / 1024));
  const rules = [
    { path: './control', mode: 0o644, content: Buffer.from(control) },
    { path: './postinst', mode: 0o755, content: Buffer.from(postinst) },
    { path: './prerm', mode: 0o755, content: Buffer.from(prerm) },
    { path: './postrm', mode: 0o755, content: Buffer.from(postrm) },
  ];
  return ar(
    [
      { name: 'debian-binary', content: Buffer.from('2.0\n') },
      { name: 'control.tar.gz', content: gzipSync(tar(rules, atMs)) },
      { name: 'data.tar.gz', content: gzipSync(tar(withFolders(all), atMs)) },
    ],
    atMs,
  );
}

function controlText(version: string, architecture: string, installedKiB: number): string {
  return `Package: peerstor
Version: ${version}
Architecture: ${architecture}
Maintainer: peerstor
Installed-Size: ${installedKiB}
Depends: libc6 (>= 2.28), libstdc++6, passwd
Recommends: avahi-daemon | systemd-resolved
Suggests: smartmontools
Section: net
Priority: optional
Description: private storage made of the devices you own
 Every file is encrypted, cut into pieces, and kept on three of your devices.
 Any device may be off, stolen or broken; the drive and its page live on.
`;
}

/** The Node that is in the package, whatever the machine has. */
const launcher = `#!/bin/sh
exec ${program}/node ${program}/bin/peerstor.js "$@"
`;

function unit(): string {
  const words = [`${program}/node`, `${program}/bin/peerstor.js`, 'start', '--home', home];
  return systemdUnit(words, { scope: 'system', account });
}

const postinst = `#!/bin/sh
set -e
if [ "$1" = configure ]; then
  if ! getent passwd ${account} >/dev/null; then
    useradd --system --user-group --home-dir ${home} --no-create-home --shell /usr/sbin/nologin ${account}
  fi
  if [ ! -d ${home} ]; then
    install -d -m 0700 -o ${account} -g ${account} ${home}
  fi
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable peerstor.service >/dev/null
    systemctl restart peerstor.service
    echo "peerstor runs. The link for the first set-up is in: journalctl -u peerstor"
  fi
fi
`;

const prerm = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now peerstor.service >/dev/null 2>&1 || true
fi
`;

/** A purge never deletes what may be the last copy of somebody's files: a home with a network stays, and says so. */
const postrm = `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
if [ "$1" = purge ]; then
  if [ -e ${home}/network.key ] || [ -e ${home}/volume/.peerstor-volume ]; then
    echo "peerstor: ${home} has keys and copies of files, so it stays. Delete it yourself when nobody needs them:"
    echo "  rm -r ${home} && userdel ${account}"
  else
    rm -rf ${home}
    userdel ${account} >/dev/null 2>&1 || true
  fi
fi
`;

function* entriesOf(from: string, to: string): Generator<TarEntry> {
  const facts = lstatSync(from);
  if (facts.isSymbolicLink()) yield { path: to, mode: 0o777, link: readlinkSync(from) };
  else if (facts.isFile())
    yield { path: to, mode: facts.mode & 0o100 ? 0o755 : 0o644, content: readFileSync(from) };
  else for (const name of readdirSync(from).sort()) yield* entriesOf(join(from, name), `${to}/${name}`);
}

/** With a line for each folder, before what is in it, and the `./` that dpkg writes. */
function withFolders(entries: readonly TarEntry[]): TarEntry[] {
  const folders = new Set<string>();
  for (const { path } of entries) {
    const names = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= names.length; depth += 1) folders.add(`${names.slice(0, depth).join('/')}/`);
  }
  const made = [...folders].map((path): TarEntry => ({ path: `./${path}`, mode: 0o755 }));
  const all = [
    { path: './', mode: 0o755 },
    ...made,
    ...entries.map((one) => ({ ...one, path: `./${one.path}` })),
  ];
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}
