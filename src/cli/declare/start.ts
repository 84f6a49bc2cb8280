/** The command that runs a device. */
import { type Command, Option } from 'commander';
import { call, list, wholeNumber } from './call.ts';

/** Declares `start`. */
export function addStart(program: Command): Command {
  const start = program
    .command('start')
    .description('run this device (the default command)')
    .option(
      '--port <number>',
      'port of the page (default 8080 or the next free one; 0: a free one)',
      wholeNumber,
    )
    .option('--host <address>', 'address to serve on', '0.0.0.0')
    .option('--p2p-port <number>', 'port for other devices (0: a free one)', wholeNumber)
    .option('--storage <dir[=size]>', 'folder to keep copies in, such as /mnt/usb=500G (repeatable)', list)
    .option('--name <name>', 'name of this device')
    .addOption(
      new Option('--class <class>', 'is the device always on, or does it sleep?').choices([
        'always-on',
        'sleeper',
      ]),
    )
    .option('--no-mdns', 'do not look for devices on the local network')
    .option('--peer <host:port>', "address of another device's page (repeatable)", list)
    .option(
      '--announce <ip:port>',
      'where others reach the p2p port, if not at its own address (repeatable)',
      list,
    )
    .option('--host-name <name>', 'a name with a dot under which people open the page (repeatable)', list)
    .option(
      '--trusted-proxy <address>',
      'proxy or tunnel whose X-Forwarded headers are believed: IP or network such as 10.0.0.0/8 (repeatable)',
      list,
    )
    .option('--plain-dav', 'let programs of other machines mount the drive over plain http, too')
    .addOption(
      new Option('--log-level <level>', 'how much to log on stderr')
        .choices(['silent', 'error', 'warn', 'info', 'debug', 'trace'])
        .default('info'),
    );
  call(start, async () => (await import('../commands/start.ts')).start);
  return start;
}

/** Declares `stop`, `restart`, `update`, `logs` and `service`. */
export function addService(program: Command): void {
  const stop = program.command('stop').description('stop the device that runs in this home');
  call(stop, async () => (await import('../commands/stop.ts')).stop);
  const restart = program
    .command('restart')
    .description('end the device that runs in this home, and start it again as it was started');
  call(restart, async () => (await import('../commands/stop.ts')).restart);
  const update = program
    .command('update')
    .description('replace this program, where it is one executable file, by a newer release that is signed')
    .option('--from <address>', 'where releases are: a folder of this machine, or an https address')
    .option('--check', 'only say whether a newer one is there');
  call(update, async () => (await import('../commands/update.ts')).update);
  const commands = () => import('../commands/service.ts');
  const system = ['--system', 'for the machine, not for you alone (needs its administrator)'] as const;
  const follow = ['--follow', 'keep printing new lines'] as const;
  const logs = program
    .command('logs')
    .description('print the log of the device that runs as a service')
    .option(...system)
    .option(...follow);
  call(logs, async () => (await commands()).logs);
  const service = program
    .command('service')
    .description('run this device as a service of the operating system');
  const install = service
    .command('install')
    .argument('[option...]', 'after --, options of "start", such as -- --port 8080')
    .description('install the service: systemd, launchd or Windows Task Scheduler')
    .option(...system)
    .option('--run-as <account>', 'account that a service of the machine runs as')
    .option('--dry-run', 'only print what would be installed');
  call(install, async () => (await commands()).install);
  const uninstall = service
    .command('uninstall')
    .description('remove the service; stored data stays')
    .option(...system);
  call(uninstall, async () => (await commands()).uninstall);
  const status = service
    .command('status')
    .description('print what the service manager says')
    .option(...system);
  call(status, async () => (await commands()).status);
  const own = service
    .command('logs')
    .description('print the log of the service')
    .option(...system)
    .option(...follow);
  call(own, async () => (await commands()).logs);
}
