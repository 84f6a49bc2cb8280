/** Commands about the way back without password and recovery words. */
import type { Command } from 'commander';
import { call, duration, list, wholeNumber } from './call.ts';

const fromStdin = ['--password-stdin', 'read the password from standard input'] as const;

export function addRecovery(program: Command): void {
  const commands = () => import('../commands/recovery.ts');
  const recovery = program
    .command('recovery')
    .description('people and devices that let you in when password and recovery words are lost');
  addNaming(recovery, commands);
  const requests = recovery
    .command('requests')
    .description('list who asks to be let in: into your account, or with your help')
    .option('--here', 'those that this device can help');
  call(requests, async () => (await commands()).recoveryRequests);
  const help = recovery
    .command('help')
    .argument('<id>', 'the request; first compare its check words with the person, by voice')
    .description('help somebody back into their account')
    .option('--here', 'as this device, which was named');
  call(help, async () => (await commands()).helpRecovery);
  const stop = recovery
    .command('stop')
    .argument('<id>')
    .description('let nobody in by a request that is not yours');
  call(stop, async () => (await commands()).stopRecovery);
  const ask = recovery
    .command('ask')
    .description('ask those whom you named')
    .requiredOption('--user <name>', 'user name');
  call(ask, async () => (await commands()).askRecovery);
  const finish = recovery
    .command('finish')
    .description('set a new password when enough have helped')
    .option('--password-stdin', 'read the 12 words and the new password from standard input, a line each');
  call(finish, async () => (await commands()).finishRecovery);
}

function addNaming(
  recovery: Command,
  commands: () => Promise<typeof import('../commands/recovery.ts')>,
): void {
  call(
    recovery.command('trustees').description('show whom you named'),
    async () => (await commands()).trustees,
  );
  const name = recovery
    .command('name')
    .description('name people and devices; they take the place of those before')
    .option('--person <name>', 'a user, repeatable', list)
    .option('--device <name>', 'a device, repeatable', list)
    .option('--needed <count>', 'how many together can let you in', wholeNumber, 2)
    .option('--wait <duration>', 'time to stop a stranger, before they can help', duration, 3 * 86_400_000)
    .option(...fromStdin);
  call(name, async () => (await commands()).nameTrustees);
  const forget = recovery
    .command('forget')
    .description('name nobody any more')
    .option(...fromStdin);
  call(forget, async () => (await commands()).forgetTrustees);
  const test = recovery
    .command('test')
    .description('check that the 24 words on your paper are yours')
    .option('--words-stdin', 'read the words from standard input');
  call(test, async () => (await commands()).testRecoveryCode);
}
