/** Commands about files and folders of the drive. */
import { type Command, Option } from 'commander';
import { byteRange, call, list, seconds, wholeNumber } from './call.ts';

export function addFiles(program: Command): void {
  addTransfers(program);
  addEntries(program);
  addHistory(program);
}

const exclude = [
  '--exclude <pattern>',
  'leave out what matches, as in a .gitignore file (repeatable)',
] as const;
const dryRun = ['--dry-run', 'print what would be done, and do nothing'] as const;
const overwrite = ['--overwrite', 'replace local files that differ'] as const;
const version = ['--version <version>', 'a former version: its number or its id'] as const;

function addTransfers(program: Command): void {
  const put = program
    .command('put')
    .argument('<path...>', 'local files, folders, pipes or - for standard input, then where to put them')
    .description('upload')
    .option('--name <name>', 'name in the drive, for one file or standard input')
    .option('--follow', 'upload what symbolic links point to; by default they are left out')
    .option(...exclude, list)
    .option(...dryRun)
    .addOption(new Option('--copies <level>', 'safety to wait for').choices(['accepted', 'safe', 'full']))
    .option('--wait <seconds>', 'longest wait for that safety', seconds);
  call(put, async () => (await import('../commands/drive/put.ts')).put);
  const commands = () => import('../commands/drive/get.ts');
  const get = program
    .command('get')
    .argument('<path>')
    .argument('[to]', 'local file or folder')
    .description('download; never replaces a local file that differs, unless --overwrite is given')
    .option(...overwrite)
    .option(...version)
    .option(...exclude, list)
    .option(...dryRun);
  call(get, async () => (await commands()).get);
  const all = program
    .command('export')
    .argument('<path>')
    .argument('<folder>', 'local folder; it is made')
    .description('download a folder as plain files; run it again to add new files')
    .option(...overwrite)
    .option(...exclude, list)
    .option(...dryRun);
  call(all, async () => (await commands()).exportTo);
  const brought = program
    .command('import')
    .argument('<kind>', 'takeout (Google, unpacked), icloud, immich or dcim (a camera)')
    .argument('<folder>', 'local folder')
    .option('--to <folder>', 'folder of the drive; files go into a folder for each year and month', '/Photos')
    .option(...exclude, list)
    .option(...dryRun)
    .description('bring pictures of other programs, with dates, albums and descriptions, each once');
  call(brought, async () => (await import('../commands/drive/import.ts')).importFrom);
  const rescue = program
    .command('rescue')
    .argument('<volume...>', 'folders that devices lent: as many as are left')
    .requiredOption('--to <folder>', 'where the plain files go; it is made')
    .option('--words-stdin', 'read the 24 recovery words from standard input')
    .option(...dryRun)
    .description('save plain files from volumes and the recovery words alone, without any device');
  call(rescue, async () => (await import('../commands/drive/rescue.ts')).rescue);
  const verify = program
    .command('verify')
    .argument('[path]', 'path in the drive', '/')
    .option('--sample <percent>', 'only so many of a hundred files, drawn at random', wholeNumber)
    .option('--against <folder>', 'compare with the files of a local folder, too')
    .description('read files back whole, and say which cannot be');
  call(verify, async () => (await import('../commands/drive/verify.ts')).verify);
  const cat = program
    .command('cat')
    .argument('<path>')
    .description('print a file')
    .option('--range <from-to>', 'only these bytes: 0-99, or 100- for the rest', byteRange)
    .option(...version);
  call(cat, async () => (await commands()).cat);
}

function addEntries(program: Command): void {
  const files = () => import('../commands/drive/files.ts');
  const ls = program.command('ls').argument('[path]', 'path in the drive', '/').description('list a folder');
  call(ls, async () => (await files()).ls);
  const trees = () => import('../commands/drive/tree.ts');
  const tree = program
    .command('tree')
    .argument('[path]', 'path in the drive', '/')
    .description('list a folder with all that is in it')
    .option('--depth <levels>', 'list only this many levels', wholeNumber);
  call(tree, async () => (await trees()).tree);
  const du = program
    .command('du')
    .argument('[path]', 'path in the drive', '/')
    .description('show the total size of each entry of a folder');
  call(du, async () => (await trees()).du);
  const search = program
    .command('search')
    .argument('[word...]', 'words of the name, in any order')
    .description('find files and folders')
    .option('--type <type>', 'file, folder, image, video, audio, text, document, archive or a media type')
    .option('--from <time>', 'changed since: 2026-11-21 or 2026-11-21T10:00:00Z')
    .option('--to <time>', 'changed until')
    .option('--min-size <size>', 'at least so large, such as 10M')
    .option('--max-size <size>', 'at most so large')
    .option('--tag <tag>', 'with this tag')
    .option('--under <path>', 'below this folder')
    .option('--starred', 'with a star')
    .option('--owner <name>', 'in the drive of this user')
    .option('--limit <count>', 'how many results', wholeNumber, 100);
  call(search, async () => (await import('../commands/drive/search.ts')).search);
  const mkdir = program.command('mkdir').argument('<path>').description('make a folder');
  call(mkdir, async () => (await files()).mkdir);
  const mv = program.command('mv').argument('<from>').argument('<to>').description('move or rename');
  call(mv, async () => (await files()).mv);
  const cp = program.command('cp').argument('<from>').argument('<to>').description('copy');
  call(cp, async () => (await files()).cp);
  const rm = program
    .command('rm')
    .argument('<path...>')
    .description('move to the trash')
    .option('--permanent', 'delete permanently instead');
  call(rm, async () => (await files()).rm);
}

function addHistory(program: Command): void {
  const commands = () => import('../commands/drive/trash.ts');
  const trash = program.command('trash').description('list what can be restored from the trash');
  call(trash, async () => (await commands()).trash);
  const empty = trash
    .command('empty')
    .description('permanently delete everything in the trash')
    .option('--yes', 'do not ask');
  call(empty, async () => (await commands()).emptyTrash);
  const restore = program
    .command('restore')
    .argument('<name-or-id>')
    .description('restore an entry from the trash');
  call(restore, async () => (await commands()).restore);
  const versions = program
    .command('versions')
    .argument('<path>')
    .argument('[verb]', 'restore, to make a former version the current one')
    .argument('[version]', 'its number or its id')
    .description('list the versions of a file, or restore one');
  call(versions, async () => (await import('../commands/drive/versions.ts')).versions);
}
