/** service install, uninstall, status, logs; and logs alone. */
import { homedir, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import { homeFolder } from '../../node/index.ts';
import type { GlobalOptions } from '../client/client.ts';
import { CommandFailure } from '../failure.ts';
import { programWords } from '../package-version.ts';
import {
  installService,
  printNotes,
  runOnSystem,
  showService,
  uninstallService,
} from '../service/service.ts';
import { type ServicePlan, type SystemCommand, servicePlan } from '../service/service-plan.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { terminal } from '../terminal/terminal.ts';

interface ServiceOptions extends GlobalOptions {
  system?: boolean;
  runAs?: string;
  follow?: boolean;
  dryRun?: boolean;
}

/** @param words further options for `peerstor start` */
export async function install(words: string[], options: ServiceOptions): Promise<void> {
  // The administrator's own home is not that of the account that runs the service.
  if (options.system && options.home === undefined && terminal().env.PEERSTOR_HOME === undefined) {
    throw new CommandFailure(
      'wrong-usage',
      'Name the home of the device with --home; its account must own it.',
    );
  }
  const plan = planFor(options, words);
  if (options.dryRun) {
    if (options.json) return printJson({ file: plan.file, commands: plan.install });
    printLine(`# ${plan.file}`);
    const { content } = plan;
    const text = typeof content === 'string' ? content : Buffer.from(content).toString('utf16le');
    for (const line of text
      .replace(/^\ufeff/, '')
      .trimEnd()
      .split(/\r?\n/))
      printLine(line);
    for (const command of plan.install) printLine(`# ${command.join(' ')}`);
    return;
  }
  await installService(plan, runOnSystem);
  if (options.json) return printJson({ file: plan.file });
  printLine(`The device in ${homeFolder(options.home)} runs under ${plan.manager} now: ${plan.file}`);
  printNotes(plan);
}

export async function uninstall(options: ServiceOptions): Promise<void> {
  const plan = planFor(options, []);
  const there = await uninstallService(plan, runOnSystem);
  if (options.json) return printJson({ uninstalled: there });
  printLine(
    there ? 'The service is gone; the home and the copies of the device stay.' : 'No service was installed.',
  );
}

export async function status(options: ServiceOptions): Promise<void> {
  const plan = planFor(options, []);
  await show(plan, plan.status);
}

export async function logs(options: ServiceOptions): Promise<void> {
  const plan = planFor(options, []);
  await show(plan, plan.logs(options.follow === true));
}

async function show(plan: ServicePlan, command: SystemCommand): Promise<void> {
  const code = await showService(plan, command, runOnSystem);
  if (code !== 0) throw new CommandFailure('incomplete', `"${command.join(' ')}" ended with ${code}.`);
}

function planFor(options: ServiceOptions, startWords: readonly string[]): ServicePlan {
  const { env, platform } = terminal();
  const { username, uid } = userInfo();
  const scope = options.system ? 'system' : 'user';
  const account = options.runAs ?? (options.system ? env.SUDO_USER : undefined) ?? username;
  if (options.system && platform !== 'win32' && account === 'root') {
    throw new PeerstorError(
      'bad-input',
      'Name an account that is not root with --run-as; root is more than a device needs.',
    );
  }
  return servicePlan({
    platform,
    scope,
    program: programWords(),
    home: resolve(homeFolder(options.home)),
    startWords,
    account,
    userId: uid,
    userHome: homedir(),
    configHome: env.XDG_CONFIG_HOME || undefined,
  });
}
