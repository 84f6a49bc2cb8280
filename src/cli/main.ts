/** The command line: arguments to commands, errors to one line and an exit code. */
import { Command, CommanderError, Option } from 'commander';
import { isPeerstorError } from '../model/errors.ts';
import { call, list, seconds, wholeNumber } from './declare/call.ts';
import { addNetwork } from './declare/devices.ts';
import { addAccounts, addUsers } from './declare/people.ts';
import { addSharing, addTokens } from './declare/sharing.ts';
import { packageVersion } from './package-version.ts';

const done = 0;
const failed = 1;
const wrongUsage = 2;

/** Commands are loaded when they are called, so that `ls` need not load libp2p. */
function buildProgram(): Command {
  const program = new Command('peerstor')
    .description('One private store made of the devices you already own.')
    .version(packageVersion(), '-V, --version')
    .option('--home <folder>', 'home of this device (default: PEERSTOR_HOME or ~/.peerstor)')
    .option('--url <url>', 'talk to the device at this address instead of the local one')
    .option('--json', 'print one JSON value for programs')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(asOneLine(text)) });
  addStart(program);
  addAccounts(program);
  addUsers(program);
  addNetwork(program);
  addFiles(program);
  addSharing(program);
  addTokens(program);
  program
    .command('version')
    .description('print the version')
    .action(() => console.log(packageVersion()));
  return program;
}

function addStart(program: Command): void {
  const start = program
    .command('start', { isDefault: true })
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
    .addOption(
      new Option('--log-level <level>', 'how much to log on stderr')
        .choices(['silent', 'error', 'warn', 'info', 'debug', 'trace'])
        .default('info'),
    );
  start.action(async () => {
    const options = start.optsWithGlobals();
    const { start: run } = await import('./commands/start.ts');
    await run({ ...options, ...(options.peer ? { peers: options.peer } : {}) });
  });
}

function addFiles(program: Command): void {
  const files = () => import('./commands/files.ts');
  const transfer = () => import('./commands/transfer.ts');
  call(
    program.command('ls').argument('[path]', 'path in the drive', '/').description('list a folder'),
    async () => (await files()).ls,
  );
  const put = program
    .command('put')
    .argument('<path...>', 'local files or folders, then where to put them in the drive')
    .description('upload')
    .addOption(new Option('--copies <level>', 'safety to wait for').choices(['accepted', 'safe', 'full']))
    .option('--wait <seconds>', 'longest wait for that', seconds);
  call(put, async () => (await transfer()).put);
  call(
    program
      .command('get')
      .argument('<path>')
      .argument('[to]', 'local file or folder')
      .description('download'),
    async () => (await transfer()).get,
  );
  call(
    program.command('cat').argument('<path>').description('print a file'),
    async () => (await transfer()).cat,
  );
  call(
    program.command('mkdir').argument('<path>').description('make a folder'),
    async () => (await files()).mkdir,
  );
  call(
    program.command('mv').argument('<from>').argument('<to>').description('move or rename'),
    async () => (await files()).mv,
  );
  call(
    program.command('cp').argument('<from>').argument('<to>').description('copy'),
    async () => (await files()).cp,
  );
  call(
    program
      .command('rm')
      .argument('<path...>')
      .description('move to the trash')
      .option('--permanent', 'delete for ever instead'),
    async () => (await files()).rm,
  );
  call(
    program.command('restore').argument('<name-or-id>').description('take back out of the trash'),
    async () => (await files()).restore,
  );
  call(
    program.command('versions').argument('<path>').description('history of a file'),
    async () => (await files()).versions,
  );
}

async function main(): Promise<void> {
  try {
    await buildProgram().parseAsync(process.argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? done : wrongUsage;
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`peerstor: ${sentence.replace(/\s*\n\s*/g, ' ')}\n`);
  if (!isPeerstorError(error) && process.env.PEERSTOR_DEBUG) console.error(error);
  return failed;
}

// Reading from a pipe that closed (`peerstor ls | head`) is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(done);
  throw error;
});

await main();

/** Commander says on a second line what may have been meant. */
function asOneLine(text: string): string {
  return text.replace(/^error: /, 'peerstor: ').replace(/\n(?=\()/, ' ');
}
