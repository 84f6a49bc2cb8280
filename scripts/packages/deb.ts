/** A Debian package: the program, the Node that runs it, a unit, and the rules of installing, removing and purging. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { systemdUnit } from '../../src/cli/service/systemd-unit.ts';
import { ar, type TarEntry, tar } from './archives.ts';

export interface DebParts {
  version: string;
  /** `amd64`, `arm64`. */
  architecture: string;
  /** Of the program; paths are relative to its folder. */
  files: readonly TarEntry[];
  licence: string;
  atMs: number;
}

const account = 'peerstor';
const home = '/var/lib/peerstor';
const program = '/usr/lib/peerstor';

export function debPackage({ version, architecture, files, licence, atMs }: DebParts): Buffer {
  const text = (path: string, content: string, mode = 0o644): TarEntry => ({
    path,
    mode,
    content: Buffer.from(content),
  });
  const zipped = (path: string, content: string): TarEntry => ({
    path,
    mode: 0o644,
    content: gzipSync(content, { level: 9 }),
  });
  const own = [
    text('usr/bin/peerstor', launcher, 0o755),
    text('lib/systemd/system/peerstor.service', unit()),
    text('usr/share/doc/peerstor/copyright', licence),
    zipped('usr/share/doc/peerstor/changelog.gz', changelog(version, atMs)),
    zipped('usr/share/man/man1/peerstor.1.gz', manual(version)),
    text('usr/share/lintian/overrides/peerstor', overrides),
  ];
  // Nothing of it is started by a shell but the Node; what begins with `#!` is run by that.
  const mode = ({ path }: TarEntry) => (path === 'node' ? 0o755 : 0o644);
  const placed = files.map((one) => ({ ...one, mode: mode(one), path: `${program.slice(1)}/${one.path}` }));
  const all = [...placed, ...own].sort((a, b) => (a.path < b.path ? -1 : 1));
  const bytes = all.reduce((sum, entry) => sum + (entry.content?.length ?? 0), 0);
  const control = controlText(version, architecture, Math.ceil(bytes / 1024));
  const rules = [
    text('./control', control),
    text('./md5sums', sums(all)),
    text('./postinst', postinst, 0o755),
    text('./prerm', prerm, 0o755),
    text('./postrm', postrm, 0o755),
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

/** `dpkg --verify` tells by these what was changed after the installation. */
function sums(files: readonly TarEntry[]): string {
  const sum = (content: Uint8Array) => createHash('md5').update(content).digest('hex');
  return files.map(({ path, content }) => (content ? `${sum(content)}  ${path}\n` : '')).join('');
}

function controlText(version: string, architecture: string, installedKiB: number): string {
  return `Package: peerstor
Version: ${version}
Architecture: ${architecture}
Maintainer: peerstor <peerstor@localhost>
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

const changelog = (version: string, atMs: number): string => `peerstor (${version}) unstable; urgency=medium

  * What is new stands in CHANGELOG.md of the sources.

 -- peerstor <peerstor@localhost>  ${new Date(atMs).toUTCString().replace('GMT', '+0000')}
`;

const manual = (version: string): string => `.TH PEERSTOR 1 "" "peerstor ${version}" "User Commands"
.SH NAME
peerstor \\- private storage made of the devices you own
.SH SYNOPSIS
.B peerstor
.RI [ command ]
.RI [ options ]
.SH DESCRIPTION
Without a command this device runs until it is stopped. With one, it talks to the device that runs.
.B peerstor \\-\\-help
lists the commands, and
.B peerstor
.I command
.B \\-\\-help
their options.
.SH FILES
.TP
.I ${home}
the home of the device that runs as a service: its keys, its catalog, and the copies that it keeps
.TP
.I ~/.peerstor
the home of a device that a person starts
.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1)
`;

/** Why the package is as it is, for who checks packages. */
const overrides = `# The Node in it is the released one, byte for byte, so that its sum can be compared.
peerstor: unstripped-binary-or-object *
peerstor: hardening-no-pie *
# No other package of Debian is needed to build it: debhelper, which would write these lines, neither.
peerstor: maintainer-script-calls-systemctl *
# One program brings the libraries that it was tested with.
peerstor: embedded-library *
# Each of them keeps the text of its licence that it came with.
peerstor: copyright-file-contains-full-apache-2-license
peerstor: copyright-not-using-common-license-for-apache2
# What begins with #! is read by the Node of the package.
peerstor: script-not-executable *
# There is no address of a maintainer yet.
peerstor: bogus-mail-host *
peerstor: bogus-mail-host-in-debian-changelog *
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
