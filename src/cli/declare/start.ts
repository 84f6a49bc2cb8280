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
    .option('--name <name>', 'what this device is called')
    .addOption(
      new Option('--class <class>', 'is it always on, or does it sleep?').choices(['always-on', 'sleeper']),
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
    .addOption(
      new Option('--log-level <level>', 'how much to log on stderr')
        .choices(['silent', 'error', 'warn', 'info', 'debug', 'trace'])
        .default('info'),
    );
  call(start, async () => (await import('../commands/start.ts')).start);
  return start;
}
