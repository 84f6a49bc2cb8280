/** Commands about backups of this device. */
import { type Command, Option } from 'commander';
import { call, list, wholeNumber } from './call.ts';

const which = ['<name-or-id>', 'name or id of the backup'] as const;

const commands = () => import('../commands/backup.ts');

export function addBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('save folders of this device into the drive, again and again');
  const add = backup
    .command('add')
    .argument('<folder>', 'local folder')
    .requiredOption('--to <path>', 'folder in the drive; it is made')
    .option('--name <name>', 'what to call it; default: the name of the folder')
    .addOption(new Option('--watch', 'save what changes, when it changes').conflicts(['every', 'cron']))
    .addOption(new Option('--every <time>', 'such as 30m, 1h or 1d').conflicts(['cron']))
    .option('--cron <pattern>', 'times in local time, such as "0 3 * * *"')
    .option('--exclude <pattern>', 'leave out what matches, as in a .gitignore file (repeatable)', list)
    .option(
      '--preset <name>',
      'leave out caches, node_modules or system; default: caches and system (repeatable)',
      list,
    )
    .addOption(
      new Option(
        '--pause-on <state>',
        'do not begin by itself on battery, or while the line is metered (repeatable)',
      )
        .choices(['battery', 'metered'])
        .argParser(list),
    )
    .addOption(
      new Option(
        '--on-delete <rule>',
        'what is gone from the folder: keep it, trash it, or trash all else too',
      ).choices(['keep', 'trash', 'mirror']),
    )
    .option('--keep-hourly <count>', 'snapshots of the last hours', wholeNumber)
    .option('--keep-daily <count>', 'snapshots of the last days', wholeNumber)
    .option('--keep-weekly <count>', 'snapshots of the last weeks', wholeNumber)
    .option('--keep-monthly <count>', 'snapshots of the last months', wholeNumber)
    .description('add a backup; without --watch, --every and --cron it runs when you say so');
  call(add, async () => (await commands()).addBackup);
  call(
    backup.command('list').description('list your backups of this device'),
    async () => (await commands()).listBackups,
  );
  addRuns(backup);
  addSnapshots(backup);
}

function addRuns(backup: Command): void {
  const run = backup
    .command('run')
    .argument(...which)
    .option('--dry-run', 'print what would be done, and do nothing')
    .option('--no-wait', 'do not wait for the end')
    .description('run it now');
  call(run, async () => (await commands()).runBackup);
  call(
    backup
      .command('pause')
      .argument(...which)
      .description('stop it until it is resumed'),
    async () => (await commands()).pauseBackup,
  );
  call(
    backup
      .command('resume')
      .argument(...which)
      .description('go on; of one that stopped because too much was lost, this agrees to it'),
    async () => (await commands()).resumeBackup,
  );
  const remove = backup
    .command('remove')
    .argument(...which)
    .description('end it; the files stay where they are');
  call(remove, async () => (await commands()).removeBackup);
  call(
    backup
      .command('runs')
      .argument(...which)
      .description('list the last runs'),
    async () => (await commands()).listRuns,
  );
}

function addSnapshots(backup: Command): void {
  const snapshots = backup
    .command('snapshots')
    .argument(...which)
    .description('list the snapshots');
  call(snapshots, async () => (await commands()).listSnapshots);
  const restore = backup
    .command('restore')
    .argument(...which)
    .argument('<path>', 'file or folder in the backup; / for everything')
    .argument('<folder>', 'local folder that it goes to; it is made')
    .option(
      '--at <time>',
      'as it was then: 2026-11-21, 2026-11-21T10:00:00Z or the id of a snapshot; default: newest',
    )
    .option('--overwrite', 'replace local files that differ')
    .option('--dry-run', 'print what would be done, and do nothing')
    .description('bring back files from a snapshot');
  call(restore, async () => (await commands()).restoreBackup);
}

/** Files that stay where they are. What an adopted folder has in common with a backup is the same command. */
export function addAdopt(program: Command): void {
  const adopt = program
    .command('adopt')
    .description('show files of this device in the drive and leave them where they are');
  const add = adopt
    .command('add', { isDefault: true })
    .argument('<folder>', 'local folder; peerstor only reads it')
    .requiredOption('--at <path>', 'folder in the drive; it is made')
    .option('--name <name>', 'what to call it; default: the name of the folder')
    .option('--exclude <pattern>', 'leave out what matches, as in a .gitignore file (repeatable)', list)
    .description('adopt a folder: its files count as copies of this device, and other devices get more');
  call(add, async () => (await commands()).addAdopted);
  call(
    adopt.command('list').description('list the folders that this device adopted for you'),
    async () => (await commands()).listAdopted,
  );
  call(
    adopt
      .command('import')
      .argument(...which)
      .description('store copies on this device, so that the folder is not needed any more'),
    async () => (await commands()).importAdopted,
  );
  addRuns(adopt);
}

/** Two folders that are kept the same. What a sync has in common with a backup is the same command. */
export function addSync(program: Command): void {
  const sync = program.command('sync').description('keep a local folder and a folder of the drive the same');
  const add = sync
    .command('add')
    .argument('<folder>', 'local folder')
    .requiredOption('--with <path>', 'folder in the drive; it is made')
    .option('--name <name>', 'what to call it; default: the name of the folder')
    .option('--mirror', 'only keep the local folder as the drive is; nothing goes the other way')
    .option('--exclude <pattern>', 'leave out what matches, as in a .gitignore file (repeatable)', list)
    .description('keep both the same from now on: the first run merges them, and of two edits both stay');
  call(add, async () => (await commands()).addSync);
  call(
    sync.command('list').description('list your syncs of this device'),
    async () => (await commands()).listSyncs,
  );
  addRuns(sync);
}
