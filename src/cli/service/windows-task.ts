/** A task of the Windows Task Scheduler, in the XML that `schtasks /Create /XML` reads (UTF-16). */
import { PeerstorError } from '../../model/errors.ts';
import type { ServiceScope } from './service-scope.ts';
import { xmlText } from './xml-text.ts';

/** The account LocalSystem. */
const machineAccount = 'S-1-5-18';

/** @param options.log file that standard output and standard error go to */
export function windowsTask(
  words: readonly string[],
  { log, account, scope }: { log: string; account: string; scope: ServiceScope },
): Uint8Array {
  const isUser = scope === 'user';
  const trigger = isUser
    ? `<LogonTrigger><Enabled>true</Enabled><UserId>${xmlText(account)}</UserId></LogonTrigger>`
    : '<BootTrigger><Enabled>true</Enabled></BootTrigger>';
  const principal = isUser
    ? `<UserId>${xmlText(account)}</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>`
    : `<UserId>${machineAccount}</UserId><RunLevel>HighestAvailable</RunLevel>`;
  // The scheduler itself keeps no output; `cmd` does. With /s only the outer quotes are taken off.
  const command = `/d /s /c "${words.map(shellWord).join(' ')} >> ${shellWord(log)} 2>&1"`;
  const xml = [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo><Description>peerstor: private storage made of your own devices</Description></RegistrationInfo>',
    `  <Triggers>${trigger}</Triggers>`,
    `  <Principals><Principal id="Author">${principal}</Principal></Principals>`,
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <StartWhenAvailable>true</StartWhenAvailable>',
    '    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
    '    <Hidden>true</Hidden>',
    '    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>',
    '  </Settings>',
    '  <Actions Context="Author">',
    `    <Exec><Command>cmd.exe</Command><Arguments>${xmlText(command)}</Arguments></Exec>`,
    '  </Actions>',
    '</Task>',
    '',
  ].join('\r\n');
  return Buffer.from(`\ufeff${xml}`, 'utf16le');
}

/** @throws `bad-input` for what `cmd` would read as something else even between quotes */
function shellWord(word: string): string {
  if (/["%]/.test(word)) {
    throw new PeerstorError('bad-input', `A task of Windows cannot be given ${word}: it has " or % in it.`);
  }
  return /[\s&|<>^()=,;!'`]/.test(word) ? `"${word}"` : word;
}
