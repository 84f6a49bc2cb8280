/** Commands about files and folders of the drive. */
import { type Command, Option } from 'commander';
import { call, seconds } from './call.ts';

export function addFiles(program: Command): void {
  const files = () => import('../commands/files.ts');
  const transfer = () => import('../commands/transfer.ts');
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
