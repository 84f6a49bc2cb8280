/** Commands about the network and its devices. */
import type { Command } from 'commander';
import { call, list, wholeNumber } from './call.ts';

export function addNetwork(program: Command): void {
  const network = () => import('../commands/network.ts');
  call(
    program.command('pair').description('show a code with which a new device can join'),
    async () => (await network()).pair,
  );
  const join = program
    .command('join')
    .argument('<code>', 'the eight digits that the other device shows')
    .description('join this device to the network that shows the code')
    .option('--peer <host:port>', "address of the other device's page", list)
    .option('--storage-only', 'keep copies for the others; nobody signs in on this device');
  call(join, async () => (await network()).join);
  call(program.command('status').description('what this device is'), async () => (await network()).status);
  call(
    program.command('devices').description('devices of the network'),
    async () => (await network()).devices,
  );
  call(
    program.command('health').description('how many copies everything has'),
    async () => (await network()).health,
  );
  addDevice(program.command('device').description('change a device'));
  const audit = program
    .command('audit')
    .description('what this device noted, newest first (admin)')
    .option('--limit <count>', 'how many lines', wholeNumber, 50);
  call(audit, async () => (await import('../commands/device.ts')).audit);
}

function addDevice(device: Command): void {
  const commands = () => import('../commands/device.ts');
  call(
    device
      .command('rename')
      .argument('<name-or-id>')
      .argument('<new-name>')
      .description('give a device another name'),
    async () => (await commands()).rename,
  );
  call(
    device
      .command('drain')
      .argument('<name-or-id>')
      .description('make its copies elsewhere, before it is removed (admin)')
      .option('--stop', 'use it again'),
    async () => (await commands()).drain,
  );
  call(
    device
      .command('impact')
      .argument('<name-or-id>')
      .description('what would be lost or thin if it died now'),
    async () => (await commands()).impact,
  );
  call(
    device
      .command('remove')
      .argument('<name-or-id>')
      .description('remove a device for ever (admin)')
      .option('--lost', 'it is gone: give up what only it had'),
    async () => (await commands()).remove,
  );
}
