/** Commands about the network and its devices. */
import { type Command, Option } from 'commander';
import { call, hours, list, wholeNumber } from './call.ts';

export function addNetwork(program: Command): void {
  const network = () => import('../commands/network.ts');
  call(
    program
      .command('pair')
      .description('show a code with which one new device can join')
      .option('--storage-only', 'the new device only stores copies; nobody can sign in on it'),
    async () => (await network()).pair,
  );
  const join = program
    .command('join')
    .argument('<code>', 'the eight digits that the other device shows')
    .description('join this device to the network that shows the code')
    .option('--peer <host:port>', "address of the other device's page", list)
    .option('--storage-only', 'only store copies for the others; nobody can sign in on this device');
  call(join, async () => (await network()).join);
  call(
    program.command('status').description('show name, id, network and addresses of this device'),
    async () => (await network()).status,
  );
  call(
    program.command('devices').description('list the devices of the network'),
    async () => (await network()).devices,
  );
  call(
    program
      .command('doctor')
      .option('--peer <host:port>', 'also find out why this device is not reached (repeatable)', list)
      .description('find out what keeps this device from working well, and what to do'),
    async () => (await import('../commands/doctor.ts')).doctor,
  );
  addHealth(program.command('health').description('show how many copies there are and what needs attention'));
  addDevice(program.command('device').description('change a device'));
  addVolumes(program.command('volume').description('change the storage folders of this device'));
  const audit = program
    .command('audit')
    .description('show the audit log of this device, newest first (admin)')
    .option('--limit <count>', 'how many lines', wholeNumber, 50)
    .option('--event <word>', 'only this kind of event, such as sign-in-refused')
    .option('--user <name>', 'only events of this user')
    .option('--words <text>', 'only sentences that hold this')
    .option('--from <day>', 'from this day on, such as 2026-07-01')
    .option('--to <day>', 'up to the end of this day')
    .option('--csv', 'print everything that fits, for a spreadsheet');
  call(audit, async () => (await import('../commands/device.ts')).audit);
}

function addHealth(health: Command): void {
  const commands = () => import('../commands/health.ts');
  call(health, async () => (await commands()).health);
  const garbage = health
    .command('garbage')
    .description('show chunks that nothing references on this device (admin)')
    .option('--confirm', 'delete the chunks that wait for an admin to confirm');
  call(garbage, async () => (await commands()).garbage);
}

function addVolumes(volume: Command): void {
  const commands = () => import('../commands/volumes.ts');
  const add = volume
    .command('add')
    .argument('<dir[=size]>', 'such as /mnt/usb=500G')
    .description('add a storage folder (admin)')
    .option('--adopt', 'take over the storage folder of a device that is gone for good');
  const limit = volume
    .command('limit')
    .argument('<dir>')
    .argument('<size>', 'such as 500G')
    .description('change the size limit of a storage folder (admin)');
  const drain = volume
    .command('drain')
    .argument('<dir>')
    .description('move its copies elsewhere before you remove it (admin)')
    .option('--stop', 'stop draining and use it again');
  const remove = volume
    .command('remove')
    .argument('<dir>')
    .description('stop using a folder; refused while it has copies that no other folder has (admin)');
  call(volume.command('list').description('list the storage folders'), async () => (await commands()).list);
  call(add, async () => (await commands()).add);
  call(limit, async () => (await commands()).limit);
  call(drain, async () => (await commands()).drain);
  call(remove, async () => (await commands()).remove);
}

function addDevice(device: Command): void {
  const commands = () => import('../commands/device.ts');
  const set = device
    .command('set')
    .argument('[name-or-id]', 'default: the device that answers')
    .description('change limits, hours, class or place of a device (admin)')
    .option('--up-limit <size>', 'bytes a second to other devices, such as 2M, or none')
    .option('--down-limit <size>', 'bytes a second from other devices, such as 10M, or none')
    .option('--schedule <hours>', 'when the limits hold: 08:00-22:00, or none for always', hours)
    .addOption(
      new Option('--limit-lan <yes|no>', 'do they hold in the local network too?').choices(['yes', 'no']),
    )
    .addOption(
      new Option('--wire <how>', 'noise: chunks have a second cipher in the local network too').choices([
        'sealed',
        'noise',
      ]),
    )
    .addOption(
      new Option('--class <class>', 'is it always on, or does it sleep?').choices(['always-on', 'sleeper']),
    )
    .option('--place <place>', 'where the device is; copies go to different places');
  call(set, async () => (await commands()).set);
  call(
    device.command('rename').argument('<name-or-id>').argument('<new-name>').description('rename a device'),
    async () => (await commands()).rename,
  );
  call(
    device
      .command('drain')
      .argument('<name-or-id>')
      .description('copy what it has to other devices before you remove it (admin)')
      .option('--stop', 'stop draining and use it again'),
    async () => (await commands()).drain,
  );
  call(
    device.command('impact').argument('<name-or-id>').description('show what would be lost if it failed now'),
    async () => (await commands()).impact,
  );
  call(
    device
      .command('remove')
      .argument('<name-or-id>')
      .description('remove a device permanently (admin)')
      .option('--lost', 'the device is gone: give up files that only it had'),
    async () => (await commands()).remove,
  );
}
